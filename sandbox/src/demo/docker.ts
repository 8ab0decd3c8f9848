import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { ImageArchive } from './image-route.ts'

const run = promisify(execFile)
const buildTimeoutMs = 20 * 60_000
const checkout = resolve(import.meta.dirname, '../../..')

/** Targets of the Dockerfile and the images they make. */
const targets: Readonly<Record<string, readonly string[]>> = {
  service: ['chat-service', 'websocket-service'],
  operator: ['operator'],
  'demo-users': ['demo-users'],
}

/** Whether a Docker engine answers; the client alone is not enough. */
export async function hasDockerEngine(): Promise<boolean> {
  return run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 20_000 }).then(
    () => true,
    () => false,
  )
}

/** Builds our images by the production Dockerfile and saves each as an archive in `folder`. */
export async function dockerArchives(
  prefix: string,
  version: string,
  folder: string,
  say: (text: string) => void,
): Promise<ImageArchive[]> {
  const archives: ImageArchive[] = []
  for (const [target, names] of Object.entries(targets)) {
    say(`docker build --target ${target}`)
    const references = names.map((name) => `${prefix}/${name}:${version}`)
    const tags = references.flatMap((reference) => ['--tag', reference])
    await docker(['build', '--target', target, ...tags, checkout])
    for (const [i, name] of names.entries()) {
      const file = join(folder, `${name}.tar`)
      await docker(['save', '--output', file, references[i] ?? ''])
      archives.push({ name, tag: version, reference: references[i] ?? '', file })
    }
  }
  return archives
}

/** Pushes what `dockerArchives` built, with the user's own credentials. */
export async function dockerPush(reference: string): Promise<void> {
  await docker(['push', reference])
}

async function docker(args: readonly string[]): Promise<void> {
  try {
    await run('docker', args, { timeout: buildTimeoutMs, maxBuffer: 64 << 20 })
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    throw new Error(`docker ${args[0]}: ${stderr.trim().slice(-2000) || message}`, { cause: error })
  }
}
