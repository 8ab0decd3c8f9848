import { binaries, throttled, checkov, debianRoot, tool, whyNoTool } from '@chat-app/sandbox-machine'
import type { Binary, Progress, Tool } from '@chat-app/sandbox-machine'
import { fetchNode } from '@chat-app/sandbox-cluster'

interface Programs {
  /** Those of Kubernetes. */
  readonly kubernetes?: readonly Binary[]
  readonly tools?: readonly Tool[]
  /** Sets of Debian packages, as a test asks for each. */
  readonly packages?: readonly (readonly string[])[]
  readonly withCheckov?: boolean
  /** All that a node is made of, with the images of this checkout and of the data stores. */
  readonly withNode?: boolean
}

/** What the tests of a project run that is built or downloaded once, as they ask for it. */
export const NEEDED: Readonly<Record<string, Programs>> = {
  services: {
    tools: ['gitleaks', 'helm', 'kube-score', 'mc', 'minio'],
    packages: [
      ['mariadb-server', 'redis-server'],
      ['docker-registry'],
      ['haproxy'],
      ['prometheus'],
      ['prometheus-mysqld-exporter'],
      ['prometheus-redis-exporter'],
      ['rabbitmq-server'],
      ['redis-server', 'redis-tools'],
      ['rsync'],
      ['skopeo'],
      // Of our own images.
      ['libc6', 'libstdc++6', 'libgcc-s1', 'ca-certificates'],
    ],
    withCheckov: true,
  },
  api: { kubernetes: ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'], tools: ['helm'] },
  cluster: {
    tools: ['gitleaks'],
    packages: [['docker-registry'], ['rsync']],
    withNode: true,
  },
}

/**
 * Builds and downloads what the tests of these projects run, where it is not in the cache, so that no test's own limit has to hold a
 * build. What cannot be had is left to the tests, which skip what needs it or say what is missing.
 */
export async function prepare(projects: readonly string[], say: Progress): Promise<void> {
  const needed = projects.flatMap((project) => NEEDED[project] ?? [])
  const names = [...new Set(needed.flatMap((programs) => programs.kubernetes ?? []))]
  const kubernetes = names.length > 0 ? [() => binaries(names, { onProgress: say })] : []
  const tools = [...new Set(needed.flatMap((programs) => programs.tools ?? []))]
  const downloads = needed.flatMap((programs) => programs.packages ?? []).map((names) => () => debianRoot(names, say))
  const node = needed.some(({ withNode }) => withNode) ? [() => fetchNode(say)] : []
  const builds = tools
    .filter((name) => whyNoTool(name) === undefined)
    .map((name) => () => tool(name, { onProgress: say }))
  await Promise.all([
    oneByOne(downloads, say),
    // Each build uses all cores.
    oneByOne([...kubernetes, ...node, ...builds], say),
    oneByOne(needed.some(({ withCheckov }) => withCheckov) ? [() => checkov({ onProgress: say })] : [], say),
  ])
}

/** As a global set-up: after `npm test` has prepared everything, it only looks at the cache. */
export function prepared(project: string): Promise<void> {
  return prepare(
    [project],
    throttled((text) => console.log(`programs: ${text}`)),
  )
}

async function oneByOne(works: readonly (() => Promise<unknown>)[], say: Progress): Promise<void> {
  for (const work of works) await work().catch((error: Error) => say(error.message))
}
