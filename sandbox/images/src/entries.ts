import { lstat, readdir, readlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Pack } from 'tar-stream'

export type TarHeader = Parameters<Pack['entry']>[0]

/** An entry of an image's root file system, by its path without a leading slash. Owner and time of the source are not kept. */
export type Entry =
  | { readonly path: string; readonly type: 'file'; readonly mode: number; readonly content: Buffer | FromFile }
  | { readonly path: string; readonly type: 'directory'; readonly mode: number }
  | { readonly path: string; readonly type: 'symlink'; readonly target: string }

/** A file on this machine, read when the layer is written. */
export interface FromFile {
  readonly file: string
  readonly bytes: number
}

export function textFile(path: string, text: string, mode = 0o644): Entry {
  return { path, type: 'file', mode, content: Buffer.from(text) }
}

export function directory(path: string, mode = 0o755): Entry {
  return { path, type: 'directory', mode }
}

export async function copiedFile(path: string, file: string): Promise<Entry> {
  const { size, mode } = await lstat(file)
  return { path, type: 'file', mode: plainMode(mode), content: { file, bytes: size } }
}

/**
 * Returns the entries of a folder.
 *
 * @param at path of the folder in the image; empty for the root
 * @param keep called with each path relative to `folder`; reports whether to include it. Includes all by default
 */
export async function copiedFolder(folder: string, at: string, keep = (_path: string) => true): Promise<Entry[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const entries = found.map(async (item): Promise<Entry[]> => {
    const source = join(item.parentPath, item.name)
    const path = relative(folder, source)
    if (!keep(path)) return []
    if (item.isDirectory()) return [directory(join(at, path))]
    if (item.isSymbolicLink()) return [{ path: join(at, path), type: 'symlink', target: await readlink(source) }]
    return item.isFile() ? [await copiedFile(join(at, path), source)] : []
  })
  return (await Promise.all(entries)).flat()
}

/** Keeps only whether the file is executable: not set-uid, and nothing that depends on this machine's umask. */
function plainMode(mode: number): number {
  return (mode & 0o111) === 0 ? 0o644 : 0o755
}
