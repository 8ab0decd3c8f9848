import { unknownName } from '@chat-app/cli'
import { clustersOf, isEnvironmentName, type Environment } from '@chat-app/platform'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { replacedValues, withReplaced } from './replaced.ts'
import { copiedSource, extendedIndex, identifierOf } from './source.ts'

/** Folders of `dist` that other commands write. */
const FOLDERS_OF_DIST: ReadonlySet<string> = new Set(['base', 'before', 'coverage', 'release'])

/**
 * Writes the file of a new environment, a copy of another one with a name, hosts, buckets and paths of its own, and its
 * entry in the index.
 *
 * @param all the environments of the checkout
 * @returns the file, relative to the checkout
 * @throws Error that names the argument and what is valid; nothing was written
 */
export function addEnvironment(
  checkout: string,
  all: readonly Environment[],
  { name, like: likeName }: { readonly name: string; readonly like: string },
): string {
  const folder = join(checkout, 'environments')
  const names = all.map((environment) => environment.name)
  const like = all.find((environment) => environment.name === likeName)
  if (like === undefined) throw new Error(`--like: ${unknownName('environment', likeName, names)}`)
  assertFree(name, names, folder)
  const file = join(folder, `${name}.ts`)
  const index = join(folder, 'index.ts')
  const [source, list] = [readFileSync(join(folder, `${like.name}.ts`), 'utf8'), readFileSync(index, 'utf8')]
  const from = { name: like.name, identifier: identifierIn(list, like.name) }
  const to = { name, identifier: identifierOf(name, [source, list]) }
  const values = replacedValues(like, name)
  const copied = copiedSource(source, from, to, values)
  const extended = extendedIndex(list, from, to)
  // A name can be too long for what is derived from it, such as a bucket.
  clustersOf(withReplaced(like, values))
  writeFileSync(file, copied, { flag: 'wx' })
  try {
    writeFileSync(index, extended)
  } catch (error) {
    rmSync(file)
    throw error
  }
  return `environments/${name}.ts`
}

function assertFree(name: string, names: readonly string[], folder: string): void {
  const fault = (rule: string) => new Error(`the name ${JSON.stringify(name)} ${rule}`)
  if (!isEnvironmentName(name))
    throw fault('must have at most 63 characters: lower-case letters, digits and -, and begin with a letter')
  if (names.includes(name)) throw fault(`is taken: there are ${names.join(', ')}`)
  if (existsSync(join(folder, `${name}.ts`))) throw fault(`is taken by environments/${name}.ts`)
  if (FOLDERS_OF_DIST.has(name)) throw fault(`is taken by the folder dist/${name}, which another command writes`)
}

/** What the index calls an environment. */
function identifierIn(index: string, name: string): string {
  return new RegExp(`^import \\{ (\\w+) \\} from '\\./${name}\\.ts'`, 'm').exec(index)?.[1] ?? name
}
