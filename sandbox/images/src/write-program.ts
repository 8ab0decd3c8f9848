import { cp, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { bundleLayer } from './bundle.ts'
import { imageDefinitions } from './definitions.ts'
import type { Entry } from './entries.ts'
import { pageLayer } from './page.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')

/** Writes the content of an image's /app to a folder. The Dockerfile uses it, so that it builds the same program. */
export async function writeProgram(name: string, folder: string): Promise<void> {
  const { program, page } = imageDefinitions.find((definition) => definition.name === name) ?? {}
  if (!program) throw new Error(`image ${JSON.stringify(name)}: expected one of ${ownNames().join(', ')}`)
  const layers = [await bundleLayer(CHECKOUT, program), ...(page ? [await pageLayer(CHECKOUT)] : [])]
  for (const layer of layers) for (const entry of await layer.entries()) await write(entry, folder)
}

async function write(entry: Entry, folder: string): Promise<void> {
  const path = join(folder, relative('app', entry.path))
  await mkdir(entry.type === 'directory' ? path : dirname(path), { recursive: true })
  if (entry.type !== 'file') return
  if (Buffer.isBuffer(entry.content)) await writeFile(path, entry.content, { mode: entry.mode })
  else await cp(entry.content.file, path)
}

function ownNames(): string[] {
  return imageDefinitions.filter(({ program }) => program).map(({ name }) => name)
}

if (import.meta.main) {
  const [name = '', folder] = process.argv.slice(2)
  if (folder === undefined) throw new Error('usage: write-program.ts IMAGE FOLDER')
  await writeProgram(name, folder)
}
