import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { cacheDir } from '@chat-app/sandbox-machine'
import { digestOf, writeArchive, type ImageContent } from './archive.ts'

/** Increment it when `writeArchive` writes different bytes for the same image. It is part of the cache key. */
const FORMAT = 2

/** Returns the path of an OCI archive of the image in the cache, for tools that load a file (kind, k3d, docker). */
export async function archiveFile(image: ImageContent): Promise<string> {
  const name = digestOf(`${FORMAT}\n${image.reference}\n${image.manifest}`).replace(':', '-')
  const path = cacheDir('images', 'archives', `${name}.tar`)
  if (await isFile(path)) {
    // Marks the archive as used, for the clean-up.
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
