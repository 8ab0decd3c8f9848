import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

/** The scope of the workspaces, which the copy has itself. */
const OWN_SCOPE = '@chat-app'
const install = new URL('../../tools/setup/install.mjs', import.meta.url).href
const { isInstalled } = (await import(install)) as { readonly isInstalled: (checkout: string) => boolean }

/**
 * Links the packages of a checkout into a copy of it. The folders `node_modules` are the copy's own and have a link for
 * each package: npm empties them before it installs, and through a link to the whole folder it would empty that of the
 * checkout. Files are copied, so that npm in the copy does not write to those of the checkout.
 *
 * @throws Error when the packages do not match the lock file, because each command in the copy would then install them
 */
export function linkPackages(checkout: string, copy: string): void {
  const { workspaces } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { workspaces: string[] }
  for (const folder of ['.', ...workspaces])
    linkEach(join(checkout, folder, 'node_modules'), join(copy, folder, 'node_modules'))
  mkdirSync(join(copy, 'node_modules', OWN_SCOPE))
  for (const folder of workspaces) linkOwn(copy, folder)
  if (isInstalled(copy)) return
  throw new Error(`${checkout}: its packages do not match its lock file; \`npm run synth\` installs them`)
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
    else if (name !== OWN_SCOPE && !isCache(name)) symlinkSync(join(from, name), join(to, name))
  }
}

/** Whether an entry of node_modules is the cache of a program, such as `.cache` or `.vite`. */
function isCache(name: string): boolean {
  return name.startsWith('.') && name !== '.bin'
}
