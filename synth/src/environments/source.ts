import type { Replaced } from './replaced.ts'

/**
 * The source of an environment as a copy of another one's.
 *
 * @param source the file of the environment that is copied
 * @throws Error when a value stands in another file, and so cannot be replaced in a copy of this one
 */
export function copiedSource(source: string, like: Identifier, to: Identifier, values: readonly Replaced[]): string {
  const declaration = new RegExp(`(?:/\\*\\*(?:(?!\\*/)[^])*\\*/\\n)?export const ${like.identifier}\\b`)
  if (!declaration.test(source))
    throw new Error(`environments/${like.name}.ts has no "export const ${like.identifier}"`)
  const declared = source.replace(declaration, `/** Made like ${like.name}. */\nexport const ${to.identifier}`)
  return values.reduce(replaced, declared)
}

/** An environment, and what its file calls it. */
export interface Identifier {
  readonly name: string
  readonly identifier: string
}

function replaced(source: string, { key, old, new: value }: Replaced): string {
  const literal = `${key}: '${old}'`
  if (!source.includes(literal))
    throw new Error(`the file has no ${literal}, which must differ in a copy: copy the file by hand`)
  return source.replaceAll(literal, `${key}: '${value}'`)
}

const LIST = /environments: readonly Environment\[\] = \[([^\]]*)\]/
/** The width of a line of code. */
const WIDTH_CHARACTERS = 120

/**
 * The index with one more environment, behind the one that it was copied from.
 *
 * @throws Error when the index does not have the form that this command extends
 */
export function extendedIndex(source: string, like: Identifier, to: Identifier): string {
  const listed = (LIST.exec(source)?.[1] ?? '').split(',').map((item) => item.trim())
  const place = listed.indexOf(like.identifier)
  const importLine = new RegExp(`^import \\{ ${like.identifier} \\} from '\\./${like.name}\\.ts'\\n`, 'm')
  if (place === -1 || !importLine.test(source))
    throw new Error(
      `environments/index.ts must import ${like.identifier} from './${like.name}.ts' and list it in "environments"`,
    )
  const items = listed.filter((item) => item !== '').toSpliced(place + 1, 0, to.identifier)
  const line = `environments: readonly Environment[] = [${items.join(', ')}]`
  const isShort = `export const ${line}`.length <= WIDTH_CHARACTERS
  const list = isShort ? line : `environments: readonly Environment[] = [\n  ${items.join(',\n  ')},\n]`
  return source
    .replace(importLine, (found) => `${found}import { ${to.identifier} } from './${to.name}.ts'\n`)
    .replace(LIST, list)
}

const WORDS = new Set(
  'await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ),
)

/** What the file calls an environment: `qaEu` for `qa-eu`, with an ending where the word is in use. */
export function identifierOf(name: string, sources: readonly string[]): string {
  const word = name.replaceAll(/-+(.?)/g, (_, letter: string) => letter.toUpperCase())
  const isUsed = WORDS.has(word) || sources.some((source) => new RegExp(`\\b${word}\\b`).test(source))
  return isUsed ? `${word}Environment` : word
}
