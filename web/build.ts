import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('.', import.meta.url))
const CHECKOUT = join(ROOT, '..')

/** What the page is built from: files and folders, relative to the checkout. */
export const WEB_SOURCES = ['web', 'services/client', 'services/package.json', 'package-lock.json'] as const

/**
 * Builds the web client: index.html, and `app/` with all other files. A proxy so needs no list of them. Those below
 * `app/assets/` have a hash of their content in their names.
 *
 * @param folder is emptied first
 * @returns the files whose code the page has, relative to the checkout: of packages, and of this project
 * @throws Error of the build, or if a file of this project is not in `WEB_SOURCES`
 */
export async function buildWeb(folder: string): Promise<string[]> {
  // Takes half a second, also where the page is in a cache.
  const { build } = await import('vite')
  const built = await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    resolve: {
      // The client of the services names what a browser has not; eventemitter3 has the methods that it uses.
      alias: { 'node:events': 'eventemitter3' },
    },
    // The same page whatever NODE_ENV is, which tests set.
    define: { 'process.env.NODE_ENV': '"production"' },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    build: {
      outDir: folder,
      assetsDir: 'app/assets',
      emptyOutDir: true,
      target: 'es2022',
      reportCompressedSize: false,
      modulePreload: false,
    },
  })
  const outputs = [built].flat().flatMap((each) => ('output' in each ? each.output : []))
  const modules = outputs.flatMap((each) => (each.type === 'chunk' ? each.moduleIds : []))
  const files = modules.filter((id) => !id.startsWith('\0')).map((id) => relative(CHECKOUT, id.replace(/\?.*$/, '')))
  const foreign = files.find((file) => !file.includes('node_modules/') && !isSource(file))
  if (foreign !== undefined) throw new Error(`the page contains ${foreign}: add it to WEB_SOURCES`)
  return files
}

function isSource(file: string): boolean {
  return WEB_SOURCES.some((source) => file === source || file.startsWith(source + sep))
}

if (import.meta.main) await buildWeb(process.argv[2] ?? fileURLToPath(new URL('dist', import.meta.url)))
