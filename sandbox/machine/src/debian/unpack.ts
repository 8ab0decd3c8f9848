import { spawn } from 'node:child_process'
import { mkdir, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const PARALLEL = 4

/**
 * Unpacks Debian archives into a new folder. The folder is renamed into place once it is complete.
 *
 * @param onUnpacked called after each archive, with the number of archives that are unpacked
 * @throws Error with the output of dpkg-deb or tar
 */
export async function unpack(
  archives: readonly string[],
  root: string,
  onUnpacked: (done: number) => void,
): Promise<void> {
  const temporary = `${root}.${process.pid}`
  await rm(temporary, { recursive: true, force: true })
  await mkdir(dirname(root), { recursive: true })
  await makeMergedLinks(temporary)
  const queue = [...archives]
  let done = 0
  const worker = async (): Promise<void> => {
    for (let archive = queue.shift(); archive !== undefined; archive = queue.shift()) {
      await extract(archive, temporary)
      onUnpacked(++done)
    }
  }
  try {
    await Promise.all(Array.from({ length: PARALLEL }, worker))
    await rename(temporary, root)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** In current Debian, /bin, /lib and others are links into /usr, but many packages still contain files under /bin and /lib. */
async function makeMergedLinks(root: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']) {
    await mkdir(join(root, 'usr', name), { recursive: true })
    await symlink(`usr/${name}`, join(root, name))
  }
}

/**
 * Does what `dpkg-deb --extract` does, except that it keeps the links where the archive has a folder, and that the user
 * owns the files.
 */
async function extract(archive: string, root: string): Promise<void> {
  const read = spawn('dpkg-deb', ['--fsys-tarfile', archive], { stdio: ['ignore', 'pipe', 'pipe'] })
  const flags = ['--keep-directory-symlink', '--no-same-owner', '--no-same-permissions', '--warning=no-timestamp']
  const write = spawn('tar', ['-x', '-f', '-', '-C', root, ...flags], { stdio: ['pipe', 'ignore', 'pipe'] })
  write.stdin.on('error', () => {})
  read.stdout.pipe(write.stdin)
  await Promise.all([succeeded(read, archive), succeeded(write, archive)])
}

function succeeded(child: ReturnType<typeof spawn>, archive: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  child.on('error', reject)
  child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`unpacking ${archive}: ${errors.trim()}`))))
  return promise
}
