import { createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'

/** Writes texts into a .tar.gz that only this user may read, below one folder. @throws Error when the file exists */
export async function writeArchive(file: string, folder: string, texts: ReadonlyMap<string, string>): Promise<void> {
  // What the cluster says of itself is not for every user of this machine.
  const handle = await open(file, 'wx', 0o600)
  try {
    const tar = pack()
    const written = pipeline(tar, createGzip(), createWriteStream(file, { fd: handle }))
    for (const [path, text] of texts) tar.entry({ name: `${folder}/${path}`, mode: 0o644 }, text)
    tar.finalize()
    await written
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}
