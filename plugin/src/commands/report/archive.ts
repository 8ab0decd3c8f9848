import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'

/** Writes texts into a .tar.gz that only this user may read, below one folder. @throws Error when the file exists */
export async function writeArchive(file: string, folder: string, texts: ReadonlyMap<string, string>): Promise<void> {
  const tar = pack()
  // What the cluster says of itself is not for every user of this machine.
  const written = pipeline(tar, createGzip(), createWriteStream(file, { flags: 'wx', mode: 0o600 }))
  for (const [path, text] of texts) tar.entry({ name: `${folder}/${path}`, mode: 0o644 }, text)
  tar.finalize()
  await written
}
