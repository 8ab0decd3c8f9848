import { execFileSync } from 'node:child_process'
import { onPath, whyNoBinaries } from '@chat-app/sandbox'

/** A vitest project, and why this machine cannot run it. */
export interface Project {
  readonly name: string
  readonly reason: string | undefined
}

/** In the order they run: what is fast and needs nothing first. */
const PROJECTS: Readonly<Record<string, () => string | undefined>> = {
  unit: () => undefined,
  services: whyNoPackages,
  api: () => whyNoBinaries(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']),
  cluster: () =>
    whyNoRoot() ?? whyNoPackages() ?? whyNoBinaries(['kubelet', 'kube-scheduler', 'kube-proxy', 'coredns']),
}

/** The projects asked for (vitest's `--project`, `*` and `!` included), all by default. */
export function chooseProjects(asked: string | readonly string[] | undefined): Project[] {
  const patterns = asked === undefined ? [] : [asked].flat()
  const names = Object.keys(PROJECTS).filter((name) => isWanted(name, patterns))
  if (names.length === 0)
    throw new Error(`--project ${patterns.join(', ')}: is none of ${Object.keys(PROJECTS).join(', ')}`)
  return names.map((name) => ({ name, reason: PROJECTS[name]?.() }))
}

function isWanted(name: string, patterns: readonly string[]): boolean {
  const matches = (pattern: string): boolean => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name)
  const excluded = patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1)))
  const positive = patterns.filter((pattern) => !pattern.startsWith('!'))
  return !excluded && (positive.length === 0 || positive.some(matches))
}

function whyNoPackages(): string | undefined {
  if (process.platform !== 'linux') return `Debian's packages run on Linux only, this is ${process.platform}`
  const missing = ['apt-get', 'dpkg-deb'].find((name) => !onPath(name))
  return missing && `needs Debian's packages (downloaded and unpacked, not installed), and ${missing} is not there`
}

function whyNoRoot(): string | undefined {
  if (process.platform !== 'linux') return `pods need Linux, this is ${process.platform}`
  if (process.getuid?.() === 0) return undefined
  try {
    execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'a node needs root: run as root, or let sudo work without a password'
  }
}
