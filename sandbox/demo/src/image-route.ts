import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { parseRegistry, type Registry } from '@chat-app/sandbox-images'

const run = promisify(execFile)

/** An image that was built with Docker or with sandbox-images. */
export interface BuiltImage {
  readonly name: string
  /** The full name, as in the `image` field of a pod. */
  readonly reference: string
  /** Writes an archive of the image and returns its path. */
  file(signal: AbortSignal): Promise<string>
  push(registry: Registry, signal: AbortSignal): Promise<void>
}

/** How images reach the nodes of an existing cluster. */
export interface ImageRoute {
  /** For progress lines: `kind load image-archive FILE --name kind`. */
  readonly title: string
  /** The part of a pod's image before `/NAME:TAG`. */
  readonly prefix: string
  /** The program that loads the images; undefined for a registry. */
  readonly program?: string
  readonly registry?: Registry
  deliver(image: BuiltImage, signal: AbortSignal): Promise<void>
}

const DEFAULT_PREFIX = 'registry.example.com/chat-app'
const LOAD_TIMEOUT_MS = 300_000

/**
 * Returns the route for a context: the registry if there is one, otherwise the loader of the tool that created the
 * context. Undefined for an unknown context without a registry.
 *
 * @throws Error if the address of the registry is invalid
 */
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
    deliver: async (image, signal) => load(program, args(await image.file(signal)), signal),
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
    deliver: (image, signal) => image.push(registry, signal),
  }
}
