import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { parseRegistry, type Registry } from '@chat-app/sandbox-images'

const run = promisify(execFile)

/** One image that was built, by Docker or by us. */
export interface BuiltImage {
  readonly name: string
  /** The full name, as pods ask for it. */
  readonly reference: string
  /** Path of an archive with it. */
  file(signal: AbortSignal): Promise<string>
  push(registry: Registry, signal: AbortSignal): Promise<void>
}

/** How images reach the nodes of a cluster that is not ours. */
export interface ImageRoute {
  readonly title: string
  /** What stands before `/name:tag` in a pod's image. */
  readonly prefix: string
  /** The program that must be there, if any. */
  readonly program?: string
  readonly registry?: Registry
  bring(image: BuiltImage, signal: AbortSignal): Promise<void>
}

const DEFAULT_PREFIX = 'registry.example.com/chat-app'
const LOAD_TIMEOUT_MS = 300_000

/** The route that fits: a registry that the user names, or the loader of the tool that made the context. Undefined when none fits. */
export function imageRoute(context: string, registry: string | undefined): ImageRoute | undefined {
  if (registry !== undefined) return registryRoute(parseRegistry(registry))
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
    prefix: DEFAULT_PREFIX,
    program,
    bring: async (image, signal) => load(program, args(await image.file(signal)), signal),
  }
}

async function load(program: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await run(program, args, { timeout: LOAD_TIMEOUT_MS, signal })
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    throw new Error(`${program} ${args.join(' ')}: ${stderr.trim().slice(-2000) || message}`, { cause: error })
  }
}

function registryRoute(registry: Registry): ImageRoute {
  return {
    title: `push to ${registry.prefix}`,
    prefix: registry.prefix,
    registry,
    bring: (image, signal) => image.push(registry, signal),
  }
}
