import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const ROOT = fileURLToPath(new URL('.', import.meta.url))

/**
 * Builds the web client: files with a hash of their content in their names, below `assets/`, and index.html.
 *
 * @param folder is emptied first
 * @throws Error of the build
 */
export async function buildWeb(folder: string): Promise<void> {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    resolve: {
      // The client of the services names what a browser has not; eventemitter3 has the methods that it uses.
      alias: { 'node:events': 'eventemitter3' },
    },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: { outDir: folder, emptyOutDir: true, target: 'es2022', reportCompressedSize: false, modulePreload: false },
  })
}

if (import.meta.main) await buildWeb(process.argv[2] ?? fileURLToPath(new URL('dist', import.meta.url)))
