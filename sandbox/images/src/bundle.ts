import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { build } from 'esbuild'
import { copiedFile, copiedFolder, textFile, type Entry } from './entries.ts'
import { readFile } from 'node:fs/promises'
import type { Layer } from './layer.ts'
import { bundledPackages, distinctPackages, licenceTexts, packageAt, type BundledPackage } from './packages.ts'

/** A program of ours as one file. */
export interface BundleDefinition {
  /** Path of the entry point, below the checkout. */
  readonly entry: string
  /** Packages with native code, which stay packages beside the bundle. */
  readonly native?: readonly string[]
  /** Files copied as they are: path below /app -> path below the checkout. */
  readonly files?: Readonly<Record<string, string>>
}

/** Packages written for CommonJS call `require`, which a module does not have. */
const BANNER =
  "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);"

/** A layer and the packages of npm whose code is in it. */
export interface BundleLayer extends Layer {
  readonly packages: readonly BundledPackage[]
}

/** The licences of all packages in /app, in full. */
export const LICENCES = 'THIRD-PARTY-LICENSES.txt'

/** /app with main.js (an ES module) and what stands beside it; its key is the hash of its content. */
export async function bundleLayer(checkout: string, definition: BundleDefinition): Promise<BundleLayer> {
  const { code, packages: bundled } = await bundle(checkout, definition)
  const native = nativeFolders(definition)
  const beside = native.map((folder) => packageAt(checkout, relative(checkout, folder)))
  const packages = distinctPackages([...bundled, ...beside])
  const entries = [
    textFile('app/main.js', code),
    textFile('app/package.json', '{"type":"module"}\n'),
    textFile(`app/${LICENCES}`, licenceTexts(checkout, packages)),
    ...(await Promise.all(native.map(nativePackage))).flat(),
    ...(await copied(checkout, definition.files ?? {})),
  ]
  return { key: await contentKey(entries), entries: async () => entries, packages }
}

async function bundle(
  checkout: string,
  definition: BundleDefinition,
): Promise<{ code: string; packages: BundledPackage[] }> {
  const { outputFiles, metafile } = await built(checkout, definition)
  return { code: outputFiles[0]?.text ?? '', packages: bundledPackages(checkout, metafile.outputs) }
}

/** Bytes that each file of ours, and none of a package, takes in a program: by its path below the checkout. */
export async function ownCode(checkout: string, definition: BundleDefinition): Promise<ReadonlyMap<string, number>> {
  const { metafile } = await built(checkout, definition)
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs))
  const own = inputs.filter(([path, { bytesInOutput }]) => !path.includes('node_modules/') && bytesInOutput > 0)
  return new Map(own.map(([path, { bytesInOutput }]) => [path, bytesInOutput]))
}

function built(checkout: string, { entry, native = [] }: BundleDefinition) {
  return build({
    absWorkingDir: checkout,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    external: [...native],
    banner: { js: BANNER },
    // Names in stack traces and class names in logs are worth more than the bytes.
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'silent',
  })
}

/** Folders of the packages that stay packages, and of node-gyp-build, by which they find their native part at run time. */
function nativeFolders({ native = [] }: BundleDefinition): string[] {
  if (native.length === 0) return []
  const services = createRequire(join(import.meta.dirname, '..', '..', '..', 'services', 'package.json'))
  return [...native, 'node-gyp-build'].map((name) => dirname(services.resolve(`${name}/package.json`)))
}

/** What is needed of it at run time, for Linux on this processor only. */
function nativePackage(folder: string): Promise<Entry[]> {
  const wanted = (path: string): boolean =>
    path === 'package.json' || /^[^/]+\.js$/.test(path) || path.startsWith(`prebuilds/linux-${process.arch}/`)
  return copiedFolder(folder, `app/node_modules/${basename(folder)}`, wanted)
}

function copied(checkout: string, files: Readonly<Record<string, string>>): Promise<Entry[]> {
  return Promise.all(Object.entries(files).map(([to, from]) => copiedFile(join('app', to), join(checkout, from))))
}

async function contentKey(entries: readonly Entry[]): Promise<string> {
  const hash = createHash('sha256')
  for (const entry of entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(JSON.stringify([entry.path, entry.type, entry.type === 'symlink' ? entry.target : entry.mode]))
    if (entry.type === 'file')
      hash.update(Buffer.isBuffer(entry.content) ? entry.content : await readFile(entry.content.file))
  }
  return `bundle ${hash.digest('hex')}`
}
