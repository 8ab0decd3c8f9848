import { writeTar, type Entry } from '@chat-app/sandbox-images'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

/** Writes a .tar.gz. The same entries always give the same bytes. */
export async function writeTgz(file: string, entries: readonly Entry[]): Promise<void> {
  const gzip = createGzip({ level: 9 })
  await Promise.all([writeTar(entries, gzip), pipeline(gzip, createWriteStream(file))])
}
