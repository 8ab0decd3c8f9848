import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

/** An npm package whose code is in a program. */
export interface BundledPackage {
  readonly name: string
  readonly version: string
  /** `license` in its package.json, usually an SPDX expression; "UNKNOWN" if missing. */
  readonly license: string
  /** Path of its folder relative to the checkout, as in the lock file: "node_modules/ws". */
  readonly path: string
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([-.].*)?$/i

/** Returns the packages whose code is in the outputs of a bundle. Packages without used code are not included. */
export function bundledPackages(checkout: string, outputs: Metafile['outputs']): BundledPackage[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs))
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return packagesOf(
    checkout,
    used.map(([path]) => path),
  )
}

/** Returns the packages that the files are of, each once. @param files relative to the checkout */
export function packagesOf(checkout: string, files: readonly string[]): BundledPackage[] {
  const paths = [...new Set(files.map(packagePath))]
  return paths.filter((path) => path !== undefined).map((path) => packageAt(checkout, path))
}

/** Returns the packages without duplicates, sorted by name and version. */
export function distinctPackages(packages: readonly BundledPackage[]): BundledPackage[] {
  const byName = new Map(packages.map((each) => [`${each.name}@${each.version}`, each]))
  return [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each)
}

/** Returns the package in the folder. @throws Error if it has no package.json */
export function packageAt(checkout: string, path: string): BundledPackage {
  const { name, version, license = 'UNKNOWN' } = manifest(join(checkout, path))
  return { name, version, license, path }
}

/** Returns the full licences and notices of the packages, which must be distributed with their code. */
export function licenceTexts(checkout: string, packages: readonly BundledPackage[]): string {
  const sections = distinctPackages(packages).map(({ name, version, license, path }) => {
    const folder = join(checkout, path)
    const title = `${name} ${version} (${license})`
    return `${title}\n${'-'.repeat(title.length)}\n\n${licencesIn(folder) || withoutFile(folder)}\n`
  })
  return `This program contains code of the following packages. Their licences are:\n\n${sections.join('\n\n')}`
}

function licencesIn(folder: string): string {
  const files = readdirSync(folder).filter((name) => LICENCE_FILE.test(name))
  const texts = files.toSorted().map((name) => readFileSync(join(folder, name), 'utf8').trim())
  return texts.join('\n\n')
}

function withoutFile(folder: string): string {
  const { license, author, homepage = '' } = manifest(folder)
  const by = typeof author === 'string' ? author : author?.name
  return [`The package declares the licence ${license} and does not contain its text.`, by && `Author: ${by}`, homepage]
    .filter((line) => line)
    .join('\n')
}

/** Returns the path of the innermost package of a file; undefined for the files of this project. */
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
  if (!existsSync(file)) throw new Error(`${file} does not exist; run npm ci`)
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}
