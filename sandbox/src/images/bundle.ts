import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { copiedFile, copiedFolder, textFile, type Entry } from './entries.ts'
import { readFile } from 'node:fs/promises'
import type { Layer } from './layer.ts'

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

/** /app with main.js (an ES module) and what stands beside it; its key is the hash of its content. */
export async function bundleLayer(checkout: string, definition: BundleDefinition): Promise<Layer> {
  const entries = [
    textFile('app/main.js', await bundle(checkout, definition)),
    textFile('app/package.json', '{"type":"module"}\n'),
    ...(await Promise.all((definition.native ?? []).map((name) => nativePackage(name)))).flat(),
    ...(await copied(checkout, definition.files ?? {})),
  ]
  return { key: await contentKey(entries), entries: async () => entries }
}

async function bundle(checkout: string, { entry, native = [] }: BundleDefinition): Promise<string> {
  const result = await build({
    absWorkingDir: checkout,
    entryPoints: [entry],
    bundle: true,
    write: false,
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
  return result.outputFiles[0]?.text ?? ''
}

/** The package and, since its native part is found by it at run time, node-gyp-build; only for Linux on this processor. */
async function nativePackage(name: string): Promise<Entry[]> {
  const folders = [name, 'node-gyp-build'].map((each) => [each, packageFolder(each)] as const)
  const wanted = (path: string): boolean =>
    path === 'package.json' || /^[^/]+\.js$/.test(path) || path.startsWith(`prebuilds/linux-${process.arch}/`)
  const found = await Promise.all(
    folders.map(([each, folder]) => copiedFolder(folder, `app/node_modules/${each}`, wanted)),
  )
  return found.flat()
}

function packageFolder(name: string): string {
  const services = createRequire(join(import.meta.dirname, '../../../services/package.json'))
  return dirname(services.resolve(`${name}/package.json`))
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
