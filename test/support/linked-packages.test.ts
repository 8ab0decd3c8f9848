import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { linkPackages } from './linked-packages.ts'

const install = new URL('../../tools/setup/install.mjs', import.meta.url).href
const { installPackages } = (await import(install)) as { installPackages: (checkout: string) => Promise<void> }

const bench = { name: '@chat-app/bench', version: '0.1.0' }
const root = { name: 'made-up', workspaces: ['bench'] }
const sources = {
  'package.json': root,
  'package-lock.json': {
    name: root.name,
    lockfileVersion: 3,
    packages: { '': root, bench, 'node_modules/@chat-app/bench': { resolved: 'bench', link: true } },
  },
  'bench/package.json': bench,
}
const packages = ['node_modules/zod/index.js', 'node_modules/.bin/tsc', 'bench/node_modules/typescript/tsc.js']

/** Creates a checkout with packages, and a copy of it without them. */
async function checkoutAndCopy() {
  const folder = mkdtempSync(join(tmpdir(), 'chat-app-linked-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [checkout, copy] = [join(folder, 'checkout'), join(folder, 'copy')]
  for (const [path, content] of Object.entries(sources)) write(join(checkout, path), JSON.stringify(content))
  cpSync(checkout, copy, { recursive: true })
  for (const path of packages) write(join(checkout, path), 'a package')
  write(join(checkout, 'node_modules/.package-lock.json'), '{}')
  mkdirSync(join(checkout, 'node_modules/@chat-app'))
  symlinkSync('../../bench', join(checkout, 'node_modules/@chat-app/bench'))
  await installPackages(checkout)
  return { checkout, copy }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

const missing = (folder: string): string[] => packages.filter((path) => !existsSync(join(folder, path)))

test('a copy gets the packages of the checkout, and installs none', async () => {
  const { checkout, copy } = await checkoutAndCopy()
  linkPackages(checkout, copy)
  expect(missing(copy)).toEqual([])
  const before = readdirSync(join(copy, 'node_modules'))
  await installPackages(copy)
  expect(readdirSync(join(copy, 'node_modules'))).toEqual(before)
})

test('npm ci in a copy removes nothing from the checkout', async () => {
  const { checkout, copy } = await checkoutAndCopy()
  linkPackages(checkout, copy)
  execFileSync('npm', ['ci', '--offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: copy, stdio: 'pipe' })
  expect(missing(copy)).toEqual(packages)
  expect(missing(checkout)).toEqual([])
})

test('refuses packages that do not match the lock file of the copy', async () => {
  const { checkout, copy } = await checkoutAndCopy()
  write(join(copy, 'bench/package.json'), JSON.stringify({ ...bench, version: '0.2.0' }))
  expect(() => linkPackages(checkout, copy)).toThrow(
    'its packages do not match its lock file; `npm run synth` installs',
  )
})
