import type { CliOptions } from 'vitest/node'
import type { Project } from './projects.ts'

/**
 * Projects whose coverage is measured: their tests run the code in vitest's processes. Code in pods, and in commands
 * that a test starts (`delivery/deploy/src/main.ts`), is not measured.
 */
const MEASURED = ['unit', 'services']
const MERGED = MEASURED.join('+')

/**
 * Writes `cobertura-coverage.xml` and `lcov.info` to dist/coverage for the pipeline, and prints a summary that ends
 * with a line `Lines : 87.1% (...)`.
 */
export const coverageOptions: NonNullable<CliOptions['coverage']> = {
  enabled: true,
  provider: 'v8',
  reporter: ['text-summary', 'cobertura', 'lcovonly'],
  reportsDirectory: 'dist/coverage',
  include: ['{charts,crds,delivery,environments,operator,services,synth}/**/*.ts'],
  exclude: ['**/*.test.ts', 'services/test/**', '**/testing.ts', '**/testing/**'],
}

/** Merges the measured projects into one, named by all of them, so that they have one report. Keeps the others. */
export function mergeMeasured(projects: readonly Project[]): readonly Project[] {
  const measured = projects.filter(({ name, reason }) => MEASURED.includes(name) && reason === undefined)
  if (measured.length < MEASURED.length) return projects
  return [{ name: MERGED, reason: undefined }, ...projects.filter((project) => !measured.includes(project))]
}

/** Whether coverage is measured for a project, merged or not. */
export function isMeasured(project: string): boolean {
  return project === MERGED || MEASURED.includes(project)
}
