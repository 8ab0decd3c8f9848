import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inRoot, libraryPath, platform } from './loader.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'chat-app-root-'))
  for (const folder of ['usr/bin', 'usr/sbin']) await mkdir(join(root, folder), { recursive: true })
})

afterEach(() => rm(root, { recursive: true }))

describe('the command for a program of an unpacked root', () => {
  it("uses the root's own loader and libraries if the program is dynamically linked", async () => {
    await writeFile(join(root, 'usr/sbin/mariadbd'), elf([6, 3, 1]))
    const expected = [
      join(root, platform().loader),
      '--library-path',
      libraryPath(root),
      join(root, 'usr/sbin/mariadbd'),
    ]
    expect(inRoot(root, 'usr/sbin/mariadbd')).toEqual(expected)
    expect(inRoot(root, 'mariadbd')).toEqual(expected)
  })

  it('is the program alone if it is statically linked', async () => {
    await writeFile(join(root, 'usr/bin/busybox'), elf([1, 1]))
    expect(inRoot(root, 'busybox')).toEqual([join(root, 'usr/bin/busybox')])
  })

  it('is refused for a script, which needs its own interpreter', async () => {
    await writeFile(join(root, 'usr/bin/mariadb-install-db'), `#!/bin/sh\n${'#'.repeat(100)}\n`)
    expect(() => inRoot(root, 'mariadb-install-db')).toThrow('mariadb-install-db is a script, not an ELF program')
  })

  it('is refused for a program that the root does not contain', () => {
    expect(() => inRoot(root, 'runc')).toThrow(`runc is not in ${root}`)
  })
})

/** Returns an ELF64 header with program headers of the types. */
function elf(types: readonly number[]): Buffer {
  const file = Buffer.alloc(64 + types.length * 56)
  file.writeUInt32BE(0x7f454c46, 0)
  file.writeBigUInt64LE(64n, 32)
  file.writeUInt16LE(56, 54)
  file.writeUInt16LE(types.length, 56)
  for (const [i, type] of types.entries()) file.writeUInt32LE(type, 64 + i * 56)
  return file
}
