import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'

const PLATFORMS: Partial<Record<NodeJS.Architecture, { triplet: string; loader: string }>> = {
  x64: { triplet: 'x86_64-linux-gnu', loader: 'lib64/ld-linux-x86-64.so.2' },
  arm64: { triplet: 'aarch64-linux-gnu', loader: 'lib/ld-linux-aarch64.so.1' },
}
const HEADER_BYTES = 4096
const PT_INTERP = 3

/**
 * Returns the command that runs a program of an unpacked root with the root's own loader and libraries, independent of
 * this machine's: `[loader, '--library-path', folders, program]`, or `[program]` if it is statically linked. Child
 * processes of the program use the machine's libraries.
 *
 * @param binary a path in the root ("usr/sbin/mariadbd"), or a name that is searched for in usr/bin and usr/sbin
 * @throws Error if the program is missing or is a script
 */
export function inRoot(root: string, binary: string): string[] {
  const program = find(root, binary)
  if (!isDynamic(program)) return [program]
  const { loader } = platform()
  return [join(root, loader), '--library-path', libraryPath(root), program]
}

/** Returns the folders of a root's shared libraries, separated by colons. */
export function libraryPath(root: string): string {
  return [`usr/lib/${platform().triplet}`, 'usr/lib', 'usr/lib64'].map((folder) => join(root, folder)).join(':')
}

/**
 * Returns the path of the dynamic loader in a root, and the name of the folder of its libraries.
 *
 * @throws Error on a processor other than x64 and arm64
 */
export function platform(): { triplet: string; loader: string } {
  const known = PLATFORMS[process.arch]
  if (known) return known
  throw new Error(`processor ${process.arch}: the sandbox supports only ${Object.keys(PLATFORMS).join(' and ')}`)
}

function find(root: string, binary: string): string {
  const candidates = binary.includes('/') ? [binary] : ['usr/bin', 'usr/sbin'].map((folder) => join(folder, binary))
  const found = candidates.map((path) => join(root, path)).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`${binary} is not in ${root}: add the package that contains it`)
  return found
}

/** Reports whether an ELF program requests a loader (PT_INTERP). @throws Error if the file is not ELF */
function isDynamic(program: string): boolean {
  const header = Buffer.alloc(HEADER_BYTES)
  const file = openSync(program, 'r')
  try {
    readSync(file, header, 0, HEADER_BYTES, 0)
  } finally {
    closeSync(file)
  }
  if (header.readUInt32BE(0) !== 0x7f454c46)
    throw new Error(`${program} is a script, not an ELF program: run it with its interpreter`)
  // ELF64, little-endian: e_phoff at 32, e_phentsize at 54, e_phnum at 56; p_type is the first field of an entry.
  const [offset, size, count] = [Number(header.readBigUInt64LE(32)), header.readUInt16LE(54), header.readUInt16LE(56)]
  return Array.from({ length: count }, (_, i) => offset + i * size)
    .filter((at) => at + 4 <= HEADER_BYTES)
    .some((at) => header.readUInt32LE(at) === PT_INTERP)
}
