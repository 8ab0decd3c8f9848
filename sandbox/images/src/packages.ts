import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

/** A package of npm that a program has code of. */
export interface BundledPackage {
  readonly name: string
  readonly version: string
  /** What its package.json says: an SPDX expression, mostly. */
  readonly license: string
  /** Its folder below the checkout, as the lock file names it: "node_modules/ws". */
  readonly path: string
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([-.].*)?$/i

/** The packages that left code in a bundle, by name and version; those of which nothing was used are not among them. */
export function bundledPackages(checkout: string, outputs: Metafile['outputs']): BundledPackage[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs))
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => packagePath(path))
  return [...new Set(used)].filter((path) => path !== undefined).map((path) => packageAt(checkout, path))
}

/** Each once, by name and version. */
export function distinctPackages(packages: readonly BundledPackage[]): BundledPackage[] {
  const byName = new Map(packages.map((each) => [`${each.name}@${each.version}`, each]))
  return [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each)
}

/** The package in a folder. */
export function packageAt(checkout: string, path: string): BundledPackage {
  const { name, version, license = 'UNKNOWN' } = manifest(join(checkout, path))
  return { name, version, license, path }
}

/** The licences and notices of packages in full, as they ask for where their code goes. */
export function licenceTexts(checkout: string, packages: readonly BundledPackage[]): string {
  const sections = distinctPackages(packages).map(({ name, version, license, path }) => {
    const folder = join(checkout, path)
    const title = `${name} ${version} (${license})`
    return `${title}\n${'-'.repeat(title.length)}\n\n${licencesIn(folder) || withoutFile(folder)}\n`
  })
  return `This program has code of these packages, which are under the licences that follow.\n\n${sections.join('\n\n')}`
}

function licencesIn(folder: string): string {
  const files = readdirSync(folder).filter((name) => LICENCE_FILE.test(name))
  const texts = files.toSorted().map((name) => readFileSync(join(folder, name), 'utf8').trim())
  return texts.join('\n\n')
}

function withoutFile(folder: string): string {
  const { license, author, homepage = '' } = manifest(folder)
  const by = typeof author === 'string' ? author : author?.name
  return [`The package names its licence (${license}) and carries no text of it.`, by && `Author: ${by}`, homepage]
    .filter((line) => line)
    .join('\n')
}

/** The innermost package that a file belongs to; undefined for our own files. */
function packagePath(file: string): string | undefined {
  const inner = file.lastIndexOf('node_modules/')
  const name = /^node_modules\/(@[^/]+\/)?[^/]+/.exec(file.slice(inner))?.[0]
  return inner === -1 || name === undefined ? undefined : file.slice(0, inner) + name
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly author?: string | { readonly name: string }
  readonly homepage?: string
}

function manifest(folder: string): Manifest {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) throw new Error(`${file}: is missing; npm ci brings it`)
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}
