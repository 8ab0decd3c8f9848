import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'

const PLATFORMS: Partial<Record<NodeJS.Architecture, { triplet: string; loader: string }>> = {
  x64: { triplet: 'x86_64-linux-gnu', loader: 'lib64/ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'lib/ld-linux-aarch64.so.1' },
}
const HEADER_BYTES = 4096
const PT_INTERP = 3

/**
 * What to put before a program's arguments to run it from an unpacked root with that root's own loader and libraries,
 * whatever this machine has: `[loader, '--library-path', folders, program]`; `[program]` when it is statically linked.
 *
 * `binary` is a path in the root ("usr/sbin/mariadbd") or a name that is looked up in its usual folders. Throws when it is
 * absent or a script. What the program starts itself runs with the machine's own libraries.
 */
export function inRoot(root: string, binary: string): string[] {
  const program = find(root, binary)
  if (!isDynamic(program)) return [program]
  const { loader } = platform()
  return [join(root, loader), '--library-path', libraryPath(root), program]
}

/** The folders of a root's shared libraries, separated by colons. */
export function libraryPath(root: string): string {
  return [`usr/lib/${platform().triplet}`, 'usr/lib', 'usr/lib64'].map((folder) => join(root, folder)).join(':')
}

/** Path of the dynamic loader in a root, and of its libraries' folder, both relative. */
export function platform(): { triplet: string; loader: string } {
  const known = PLATFORMS[process.arch]
  if (known) return known
  throw new Error(`processor ${process.arch}: the sandbox runs on ${Object.keys(PLATFORMS).join(' and ')} only`)
}

function find(root: string, binary: string): string {
  const candidates = binary.includes('/') ? [binary] : ['usr/bin', 'usr/sbin'].map((folder) => join(folder, binary))
  const found = candidates.map((path) => join(root, path)).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`${binary} is not in ${root}: name the package that holds it`)
  return found
}

/** Whether an ELF program names a loader; throws for anything that is not ELF. */
function isDynamic(program: string): boolean {
  const header = Buffer.alloc(HEADER_BYTES)
  const file = openSync(program, 'r')
  try {
    readSync(file, header, 0, HEADER_BYTES, 0)
  } finally {
    closeSync(file)
  }
  if (header.readUInt32BE(0) !== 0x7f454c46)
    throw new Error(`${program} is not a program but a script: run it by its shell`)
  // ELF64, little-endian: e_phoff at 32, e_phentsize at 54, e_phnum at 56; p_type is the first field of an entry.
  const [offset, size, count] = [Number(header.readBigUInt64LE(32)), header.readUInt16LE(54), header.readUInt16LE(56)]
  return Array.from({ length: count }, (_, i) => offset + i * size)
    .filter((at) => at + 4 <= HEADER_BYTES)
    .some((at) => header.readUInt32LE(at) === PT_INTERP)
}
