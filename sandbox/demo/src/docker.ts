import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { BuiltImage } from './image-route.ts'

const run = promisify(execFile)
const BUILD_TIMEOUT_MS = 20 * 60_000
const CHECKOUT = resolve(import.meta.dirname, '..', '..', '..')

/** The images that each target of the Dockerfile builds. */
export const TARGETS: Readonly<Record<string, readonly string[]>> = {
  service: ['chat-service', 'websocket-service'],
  operator: ['operator'],
  'demo-users': ['demo-users'],
}

/** Reports whether a Docker engine responds. The client alone is not enough. */
export async function hasDockerEngine(): Promise<boolean> {
  return run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 20_000 }).then(
    () => true,
    () => false,
  )
}

export interface DockerBuild {
  /** The part of the references before `/NAME:VERSION`. */
  readonly prefix: string
  readonly version: string
  /** Folder for archives. */
  readonly folder: string
  readonly onProgress: (text: string) => void
  readonly signal: AbortSignal
}

/** Builds the images with the Dockerfile. Docker pushes them with the user's credentials. */
export async function dockerImages({
  prefix,
  version,
  folder,
  onProgress,
  signal,
}: DockerBuild): Promise<BuiltImage[]> {
  const images: BuiltImage[] = []
  for (const [target, names] of Object.entries(TARGETS)) {
    onProgress(`docker build --target ${target}`)
    const built = names.map((name) => dockerImage(name, `${prefix}/${name}:${version}`, folder))
    const tags = built.flatMap(({ reference }) => ['--tag', reference])
    await docker(['build', '--target', target, ...tags, CHECKOUT], signal)
    images.push(...built)
  }
  return images
}

function dockerImage(name: string, reference: string, folder: string): BuiltImage {
  return {
    name,
    reference,
    async file(signal) {
      const file = join(folder, `${name}.tar`)
      await docker(['save', '--output', file, reference], signal)
      return file
    },
    push: (_registry, signal) => docker(['push', reference], signal),
  }
}

async function docker(args: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await run('docker', args, { timeout: BUILD_TIMEOUT_MS, maxBuffer: 64 << 20, signal })
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    throw new Error(`docker ${args[0]}: ${stderr.trim().slice(-2000) || message}`, { cause: error })
  }
}
