import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative, sep } from 'node:path'
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild'
import { copiedFile, copiedFolder, textFile, type Entry } from './entries.ts'
import { readFile } from 'node:fs/promises'
import type { Layer } from './layer.ts'
import { bundledPackages, distinctPackages, licenceTexts, packageAt, type BundledPackage } from './packages.ts'
import { withoutAnnotations } from './without-annotations.ts'

/** A program of this project that is bundled into one file. */
export interface BundleDefinition {
  /** Path of the entry point, relative to the checkout. */
  readonly entry: string
  /** Packages with native code, which are copied to node_modules and not bundled. @default [] */
  readonly native?: readonly string[]
  /** Files to copy: path relative to /app -> path relative to the checkout. @default {} */
  readonly files?: Readonly<Record<string, string>>
}

/** Folder of the outputs in esbuild's words; nothing is written to it. */
const OUT = 'app'

/** CommonJS packages call `require`, which ES modules do not have. */
const BANNER =
  "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);"

/** A layer, and what its program is made of. */
export interface BundleLayer extends Layer {
  /** The npm packages whose code the layer contains. */
  readonly packages: readonly BundledPackage[]
  /** Bytes of each file of this project that main.js loads at its start, by path relative to the checkout. */
  readonly ownCode: ReadonlyMap<string, number>
}

/** Name of the file in /app with the licences of all packages. */
export const LICENCES = 'THIRD-PARTY-LICENSES.txt'

/**
 * Returns the layer with /app: main.js (an ES module), what it imports only when it needs it, native packages, files and
 * licences. Its key is a hash of the content.
 */
export async function bundleLayer(checkout: string, definition: BundleDefinition): Promise<BundleLayer> {
  // All files stay in one folder, so that `import.meta.dirname` is the same in each.
  const { outputFiles, metafile } = await build({
    ...settings(checkout, definition),
    splitting: true,
    outdir: OUT,
    entryNames: 'main',
    chunkNames: '[name]-[hash]',
  })
  assertNamesAreKept(metafile)
  const native = nativeFolders(definition)
  const beside = native.map((folder) => packageAt(checkout, relative(checkout, folder)))
  const packages = distinctPackages([...bundledPackages(checkout, metafile.outputs), ...beside])
  const entries = [
    ...outputFiles.map(({ path, text }) => textFile(join('app', basename(path)), text)),
    textFile('app/package.json', '{"type":"module"}\n'),
    textFile(`app/${LICENCES}`, licenceTexts(checkout, packages)),
    ...(await Promise.all(native.map(nativePackage))).flat(),
    ...(await copied(checkout, definition.files ?? {})),
  ]
  return {
    key: await contentKey(entries),
    entries: async () => entries,
    packages,
    ownCode: ownCodeOf(metafile, join(OUT, 'main.js')),
  }
}

/**
 * A program without native packages as one file, an ES module, and the packages whose code is in it. A `#!` of its entry
 * point stays the first line.
 *
 * @param version what it says is its version
 */
export async function bundleProgram(
  checkout: string,
  { entry, target, version }: { readonly entry: string; readonly target: string; readonly version: string },
): Promise<{ readonly text: string; readonly packages: readonly BundledPackage[] }> {
  const { outputFiles, metafile } = await build(settings(checkout, { entry }, target, version))
  return { text: outputFiles[0]?.text ?? '', packages: distinctPackages(bundledPackages(checkout, metafile.outputs)) }
}

/**
 * A CommonJS package that is loaded by `import()` has the names of its exports below `default` in a bundle, and beside it
 * elsewhere.
 *
 * @throws Error that names the package and the way around
 */
function assertNamesAreKept({ outputs }: Metafile): void {
  for (const { entryPoint = '', exports } of Object.values(outputs))
    if (entryPoint.includes('node_modules/') && exports.join() === 'default')
      throw new Error(
        `${entryPoint} is loaded by import() and is CommonJS: import it in a module of this project, and load that one by import()`,
      )
}

function ownCodeOf({ outputs }: Metafile, main: string): ReadonlyMap<string, number> {
  const inputs = loadedBy(main, outputs).flatMap((path) => Object.entries(outputs[path]?.inputs ?? {}))
  const own = inputs.filter(([path, { bytesInOutput }]) => !path.includes('node_modules/') && bytesInOutput > 0)
  return new Map(own.map(([path, { bytesInOutput }]) => [path, bytesInOutput]))
}

/** The files that are loaded before the first line of `main` runs. */
function loadedBy(main: string, outputs: Metafile['outputs'], loaded = new Set<string>()): string[] {
  if (loaded.has(main)) return []
  loaded.add(main)
  for (const { path, kind } of outputs[main]?.imports ?? [])
    if (kind === 'import-statement') loadedBy(path, outputs, loaded)
  return [...loaded]
}

function settings(checkout: string, { entry, native = [] }: BundleDefinition, target = 'node24', version?: string) {
  return {
    absWorkingDir: checkout,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target,
    external: [...native],
    banner: { js: BANNER },
    minify: true,
    // Functions and classes keep their names, so that stack traces and logs have the real ones.
    keepNames: true,
    // Bounds the line that Node shows of an uncaught error.
    lineLimit: 120,
    plugins: [withoutAnnotations(checkout), versionAlone(checkout, version)],
    legalComments: 'none',
    logLevel: 'silent',
  } as const satisfies BuildOptions
}

/**
 * Leaves out what a workspace's package.json has besides its version, which is all that its code reads.
 *
 * @param released the version in its place, that of a release
 */
function versionAlone(checkout: string, released?: string): Plugin {
  return {
    name: 'version alone',
    setup(bundling) {
      bundling.onLoad({ filter: /package\.json$/ }, async ({ path }) => {
        if (path.includes(`${sep}node_modules${sep}`) || !path.startsWith(checkout + sep)) return undefined
        const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string }
        return { contents: JSON.stringify({ version: released ?? version }), loader: 'json' }
      })
    },
  }
}

/** Folders of the native packages, and of node-gyp-build, which loads their native part at run time. */
function nativeFolders({ native = [] }: BundleDefinition): string[] {
  if (native.length === 0) return []
  const services = createRequire(join(import.meta.dirname, '..', '..', '..', 'services', 'package.json'))
  return [...native, 'node-gyp-build'].map((name) => dirname(services.resolve(`${name}/package.json`)))
}

/** The files of the package that are needed at run time on Linux with this processor. */
function nativePackage(folder: string): Promise<Entry[]> {
  const wanted = (path: string): boolean =>
    path === 'package.json' || /^[^/]+\.js$/.test(path) || path.startsWith(`prebuilds/linux-${process.arch}/`)
  return copiedFolder(folder, `app/node_modules/${basename(folder)}`, wanted)
}

function copied(checkout: string, files: Readonly<Record<string, string>>): Promise<Entry[]> {
  return Promise.all(Object.entries(files).map(([to, from]) => copiedFile(join('app', to), join(checkout, from))))
}

/** Hash of paths, types, modes and contents, whatever the order of the entries. */
export async function contentKey(entries: readonly Entry[]): Promise<string> {
  const hash = createHash('sha256')
  for (const entry of entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(JSON.stringify([entry.path, entry.type, entry.type === 'symlink' ? entry.target : entry.mode]))
    if (entry.type === 'file')
      hash.update(Buffer.isBuffer(entry.content) ? entry.content : await readFile(entry.content.file))
  }
  return `bundle ${hash.digest('hex')}`
}
