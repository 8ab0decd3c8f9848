import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import tar from 'tar-stream'
import { cacheDir } from '@chat-app/sandbox-machine'
import { storeBlob, storedBlob, writeAtomically, type Blob } from './blobs.ts'
import type { Entry, TarHeader } from './entries.ts'

/** The definition of a layer. Layers with the same `key` must have the same entries, byte for byte. */
export interface Layer {
  readonly key: string
  entries(): Promise<readonly Entry[]>
}

const inFlight = new Map<string, Promise<Blob>>()

/** Returns the layer as an uncompressed tar in the cache. It is built once for each key, even for concurrent calls. */
export function layerBlob(layer: Layer): Promise<Blob> {
  const running = inFlight.get(layer.key)
  if (running) return running
  const made = make(layer).finally(() => inFlight.delete(layer.key))
  inFlight.set(layer.key, made)
  return made
}

async function make(layer: Layer): Promise<Blob> {
  return cached(layer.key, async (sink) => writeTar(await layer.entries(), sink))
}

/** Returns the gzip-compressed layer in the cache. It is built once for each digest. */
export async function compressedBlob({ digest, file }: Blob): Promise<Blob> {
  const compress = (sink: Writable): Promise<void> => pipeline(createReadStream(file), createGzip(), sink)
  return { ...(await cached(`gzip ${digest}`, compress)), uncompressed: digest }
}

/** Returns what `write` writes, as a blob in the cache. Calls with the same `key` must write the same bytes. */
async function cached(key: string, write: (sink: Writable) => Promise<void>): Promise<Blob> {
  const index = cacheDir('images', 'layers', createHash('sha256').update(key).digest('hex'))
  const digest = await readFile(index, 'utf8').catch(() => undefined)
  const known = digest === undefined ? undefined : await storedBlob(digest)
  if (known) {
    await utimes(index, new Date(), new Date())
    return known
  }
  const made = await storeBlob(write)
  await writeAtomically(index, made.digest)
  return made
}

/**
 * Writes the entries as a tar: sorted by path, with all parent folders, owned by root and dated 1970. The same entries
 * give the same bytes.
 */
export async function writeTar(entries: readonly Entry[], sink: Writable): Promise<void> {
  const pack = tar.pack()
  const written = pipeline(pack, sink)
  // Awaited at the end. Until then, a failure must not be an unhandled rejection.
  written.catch(() => {})
  try {
    for (const entry of complete(entries)) await add(pack, entry)
    pack.finalize()
  } catch (error) {
    pack.destroy(error as Error)
  }
  await written
}

/** Adds missing parent folders. Of several entries with the same path, the last is used. */
function complete(entries: readonly Entry[]): Entry[] {
  const byPath = new Map<string, Entry>()
  for (const entry of entries) {
    for (let folder = dirname(entry.path); folder !== '.' && folder !== '/'; folder = dirname(folder)) {
      if (!byPath.has(folder)) byPath.set(folder, { path: folder, type: 'directory', mode: 0o755 })
    }
    byPath.set(entry.path, entry)
  }
  return [...byPath.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

async function add(pack: tar.Pack, entry: Entry): Promise<void> {
  const shared = { name: entry.path, mtime: new Date(0), uid: 0, gid: 0 }
  if (entry.type === 'directory') return header(pack, { ...shared, type: 'directory', mode: entry.mode })
  if (entry.type === 'symlink') {
    return header(pack, { ...shared, type: 'symlink', linkname: entry.target, mode: 0o777 })
  }
  const { content, mode } = entry
  if (Buffer.isBuffer(content)) return header(pack, { ...shared, type: 'file', mode }, content)
  const sink = pack.entry({ ...shared, type: 'file', mode, size: content.bytes })
  await pipeline(createReadStream(content.file), sink)
}

function header(pack: tar.Pack, headers: TarHeader, content: Buffer = Buffer.alloc(0)): Promise<void> {
  return new Promise((resolve, reject) => {
    pack.entry(headers, content, (error) => (error ? reject(error) : resolve()))
  })
}
