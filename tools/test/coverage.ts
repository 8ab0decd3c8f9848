import type { CliOptions } from 'vitest/node'
import type { Project } from './projects.ts'

/**
 * Projects whose tests run our code in vitest's own processes. In the others it runs in pods, where nothing counts it; nor does
 * anything where a test starts a command as a user does (`delivery/deploy/src/main.ts`).
 */
const MEASURED = ['unit', 'services']
const JOINT = MEASURED.join('+')

/** `dist/coverage/cobertura-coverage.xml` and `lcov.info` for the pipeline, and a summary that ends in a line `Lines : 87.1% (...)`. */
export const coverageOptions: NonNullable<CliOptions['coverage']> = {
  enabled: true,
  provider: 'v8',
  reporter: ['text-summary', 'cobertura', 'lcovonly'],
  reportsDirectory: 'dist/coverage',
  include: ['{charts,crds,delivery,environments,operator,services,synth}/**/*.ts'],
  exclude: ['**/*.test.ts', 'services/test/**', '**/testing.ts', '**/testing/**'],
}

/** The measured projects as one that carries the names of all, so that they have one report; the others as they are. */
export function together(projects: readonly Project[]): readonly Project[] {
  const measured = projects.filter(({ name, reason }) => MEASURED.includes(name) && reason === undefined)
  if (measured.length < MEASURED.length) return projects
  return [{ name: JOINT, reason: undefined }, ...projects.filter((project) => !measured.includes(project))]
}

/** Whether the run of this project is measured. */
export function isMeasured(project: string): boolean {
  return project === JOINT || MEASURED.includes(project)
}
