import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Our own packages, which the copy has itself. */
const OWN = '@chat-app'
const install = new URL('../../tools/setup/install.mjs', import.meta.url).href
const { isInstalled } = (await import(install)) as { readonly isInstalled: (checkout: string) => boolean }

/**
 * Gives a copy of a checkout its packages. Each is a link in a folder of the copy's own: npm empties these folders before it
 * installs, and a link to a whole folder would have it empty that of the checkout. What npm writes there is a copy for the same reason.
 *
 * @throws Error when a command would install others: the checkout's are not those of the lock file
 */
export function linkPackages(checkout: string, copy: string): void {
  const { workspaces } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { workspaces: string[] }
  for (const folder of ['.', ...workspaces])
    linkEach(join(checkout, folder, 'node_modules'), join(copy, folder, 'node_modules'))
  mkdirSync(join(copy, 'node_modules', OWN))
  for (const folder of workspaces) linkOwn(copy, folder)
  if (isInstalled(copy)) return
  throw new Error(`${checkout}: its packages are not those of its lock file. \`npm run synth\` installs them`)
}

function linkOwn(copy: string, folder: string): void {
  const { name } = JSON.parse(readFileSync(join(copy, folder, 'package.json'), 'utf8')) as { name: string }
  symlinkSync(join('..', '..', folder), join(copy, 'node_modules', name))
}

function linkEach(from: string, to: string): void {
  if (!existsSync(from)) return
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const { name } = entry
    if (entry.isFile()) copyFileSync(join(from, name), join(to, name))
    else if (name !== OWN && !isCache(name)) symlinkSync(join(from, name), join(to, name))
  }
}

/** Of programs that keep something beside the packages. */
function isCache(name: string): boolean {
  return name.startsWith('.') && name !== '.bin'
}
