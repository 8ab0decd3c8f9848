import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { cacheDir } from '@chat-app/sandbox-machine'

/** A blob in the cache. */
export interface Blob {
  /** "sha256:" and 64 hexadecimal digits. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  /** Path of the content. */
  readonly file: string
  /** Digest of the uncompressed content; undefined if the blob is not compressed. */
  readonly uncompressed?: string
}

/** Stores what `write` writes to the stream, under its digest. The file is renamed into place once it is complete. */
export async function storeBlob(write: (sink: Writable) => Promise<void>): Promise<Blob> {
  const temporary = blobFile(`new.${randomUUID()}`)
  await mkdir(dirname(temporary), { recursive: true })
  const hash = createHash('sha256')
  let size = 0
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      size += chunk.length
      done(null, chunk)
    },
  })
  try {
    await Promise.all([write(measure), pipeline(measure, createWriteStream(temporary))])
    const digest = `sha256:${hash.digest('hex')}`
    await rename(temporary, blobFile(digest))
    return { digest, size, file: blobFile(digest) }
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Returns undefined if the blob is not in the cache. */
export async function storedBlob(digest: string): Promise<Blob | undefined> {
  const file = blobFile(digest)
  const found = await stat(file).catch(() => undefined)
  // Marks the blob as used, for the clean-up.
  if (found) await utimes(file, new Date(), new Date())
  return found && { digest, size: found.size, file }
}

export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  await mkdir(dirname(path), { recursive: true })
  await writeFile(temporary, text)
  await rename(temporary, path)
}

function blobFile(digest: string): string {
  return cacheDir('images', 'blobs', digest.replace(':', '-'))
}
