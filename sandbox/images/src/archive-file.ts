import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { cacheDir } from '@chat-app/sandbox-machine'
import { digestOf, writeArchive, type ImageContent } from './archive.ts'

/** Raised when `writeArchive` writes something else for the same image. */
const FORMAT = 2

/** One image as an OCI archive in the cache, for tools that load a file (kind, k3d, docker, a registry's client). */
export async function archiveFile(image: ImageContent): Promise<string> {
  const name = digestOf(`${FORMAT}\n${image.reference}\n${image.manifest}`).replace(':', '-')
  const path = cacheDir('images', 'archives', `${name}.tar`)
  if (await isFile(path)) {
    // Tells the clean-up that it is in use.
    await utimes(path, new Date(), new Date())
    return path
  }
  const temporary = `${path}.${randomUUID()}`
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeArchive([image], createWriteStream(temporary))
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
  return path
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
