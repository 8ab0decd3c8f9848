import { throttled } from '@chat-app/cli'
import { binaries, checkov, debianRoot, tool, whyNoTool } from '@chat-app/sandbox-machine'
import type { Binary, Progress, Tool } from '@chat-app/sandbox-machine'
import { fetchNode } from '@chat-app/sandbox-cluster'

interface Programs {
  /** Programs of Kubernetes. */
  readonly kubernetes?: readonly Binary[]
  readonly tools?: readonly Tool[]
  /** Sets of Debian packages, as the tests pass them to `debianRoot`. */
  readonly packages?: readonly (readonly string[])[]
  readonly withCheckov?: boolean
  /** The programs of a node, and the images of this checkout and of the data stores. */
  readonly withNode?: boolean
}

/** The programs that the tests of each project need, and that are built or downloaded once. */
export const NEEDED: Readonly<Record<string, Programs>> = {
  services: {
    tools: ['compose', 'gitleaks', 'helm', 'kube-score', 'mc', 'minio'],
    packages: [
      ['mariadb-server', 'redis-server'],
      ['docker-registry'],
      ['haproxy'],
      ['libfaketime'],
      ['nginx'],
      ['prometheus'],
      ['prometheus-mysqld-exporter'],
      ['prometheus-redis-exporter'],
      ['rabbitmq-server'],
      ['redis-server', 'redis-tools'],
      ['rsync'],
      ['skopeo'],
      // For the images of this project.
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
 * Builds and downloads the programs that the tests of these projects need and the cache lacks, so that no build counts
 * towards the timeout of a test. Reports an error to `say` and goes on: the tests skip what needs the program, or fail
 * with the reason.
 *
 * @param say receives progress and errors
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
    // One after the other, because each build uses all cores.
    oneByOne([...kubernetes, ...node, ...builds], say),
    oneByOne(needed.some(({ withCheckov }) => withCheckov) ? [() => checkov({ onProgress: say })] : [], say),
  ])
}

/** For a global setup. After `npm test` has called `prepare`, it only finds everything in the cache. */
export function prepareProject(project: string): Promise<void> {
  return prepare(
    [project],
    throttled((text) => console.log(`programs: ${text}`)),
  )
}

async function oneByOne(works: readonly (() => Promise<unknown>)[], say: Progress): Promise<void> {
  for (const work of works) await work().catch((error: Error) => say(error.message))
}
