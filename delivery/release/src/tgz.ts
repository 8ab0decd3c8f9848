import { writeTar, type Entry } from '@chat-app/sandbox-images'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

/** Writes a .tar.gz; the same entries give the same bytes, whenever it is written. */
export async function writeTgz(file: string, entries: readonly Entry[]): Promise<void> {
  const gzip = createGzip({ level: 9 })
  await Promise.all([writeTar(entries, gzip), pipeline(gzip, createWriteStream(file))])
}
