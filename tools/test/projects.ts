import { unknownName } from '@chat-app/cli'
import { BINARIES, onPath, whyNoBinaries } from '@chat-app/sandbox-machine'
import { nodeRequirements } from '@chat-app/sandbox-cluster'

/** A vitest project. */
export interface Project {
  readonly name: string
  /** Why this machine cannot run the project; undefined when it can. */
  readonly reason: string | undefined
}

/** In the order in which they run, the fastest first. Each function returns why this machine cannot run the project. */
const PROJECTS: Readonly<Record<string, () => string | undefined | Promise<string | undefined>>> = {
  unit: () => undefined,
  services: whyNoPackages,
  api: () => whyNoBinaries(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']),
  cluster: async () => (await whyNoNode()) ?? whyNoBinaries(BINARIES),
}

/**
 * The projects that match the patterns of `--project`; all without patterns.
 *
 * @param asked patterns in which `*` matches any text; `!` at the start excludes
 * @throws Error for a pattern that matches no project, or when all projects are excluded
 */
export async function chooseProjects(asked: string | readonly string[] | undefined): Promise<Project[]> {
  const patterns = asked === undefined ? [] : [asked].flat()
  const names = Object.keys(PROJECTS).filter((name) => isWanted(name, patterns))
  const unknown = patterns.find(
    (pattern) => !Object.keys(PROJECTS).some((name) => matches(pattern.replace('!', ''), name)),
  )
  if (unknown !== undefined)
    throw new Error(`--project: ${unknownName('project', unknown.replace('!', ''), Object.keys(PROJECTS))}`)
  if (names.length === 0) throw new Error(`--project ${patterns.join(', ')}: excludes all projects`)
  return Promise.all(names.map(async (name) => ({ name, reason: await PROJECTS[name]?.() })))
}

function isWanted(name: string, patterns: readonly string[]): boolean {
  const excluded = patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1), name))
  const positive = patterns.filter((pattern) => !pattern.startsWith('!'))
  return !excluded && (positive.length === 0 || positive.some((pattern) => matches(pattern, name)))
}

/** Whether a name matches a pattern, in which `*` stands for any text. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => RegExp.escape(part))
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}

function whyNoPackages(): string | undefined {
  if (process.platform !== 'linux') return `Debian's packages run only on Linux, and this is ${process.platform}`
  const missing = ['apt-get', 'dpkg-deb'].find((name) => !onPath(name))
  return missing && `${missing}, which downloads and unpacks Debian's packages, is not on PATH`
}

async function whyNoNode(): Promise<string | undefined> {
  const missing = await nodeRequirements()
  return missing.length === 0 ? undefined : missing.map(({ what, remedy }) => `${what}: ${remedy}`).join('; ')
}
