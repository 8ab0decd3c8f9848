import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { parseRegistry, push } from './registry.ts'

const run = promisify(execFile)

/** One image, as a file and as its parts: `REGISTRY/name:tag`. */
export interface ImageArchive {
  readonly name: string
  readonly tag: string
  /** The full name, as pods ask for it. */
  readonly reference: string
  readonly file: string
}

/** How images reach the nodes of a cluster that is not ours. */
export interface ImageRoute {
  readonly title: string
  /** What stands before `/name:tag` in a pod's image. */
  readonly prefix: string
  /** The program that must be there, if any. */
  readonly program?: string
  load(image: ImageArchive): Promise<void>
}

const defaultPrefix = 'registry.example.com/chat-app'
const loadTimeoutMs = 300_000

/** The route that fits: a registry that the user names, or the loader of the tool that made the context. Undefined when none fits. */
export function imageRoute(context: string, registry: string | undefined): ImageRoute | undefined {
  if (registry !== undefined) return registryRoute(registry)
  const kind = /^kind-(.+)$/.exec(context)?.[1]
  if (kind) return loader('kind', (file) => ['load', 'image-archive', file, '--name', kind])
  const k3d = /^k3d-(.+)$/.exec(context)?.[1]
  if (k3d) return loader('k3d', (file) => ['image', 'import', file, '-c', k3d])
  if (context.startsWith('minikube')) return loader('minikube', (file) => ['image', 'load', file, '-p', context])
  if (context === 'docker-desktop') return loader('docker', (file) => ['load', '-i', file])
  return undefined
}

function loader(program: string, args: (file: string) => string[]): ImageRoute {
  return {
    title: `${program} ${args('FILE').join(' ')}`,
    prefix: defaultPrefix,
    program,
    load: async (image) => void (await run(program, args(image.file), { timeout: loadTimeoutMs })),
  }
}

function registryRoute(text: string): ImageRoute {
  const registry = parseRegistry(text)
  return {
    title: `push to ${registry.prefix}`,
    prefix: registry.prefix,
    load: (image) => push(registry, image.file, image.name, image.tag),
  }
}
