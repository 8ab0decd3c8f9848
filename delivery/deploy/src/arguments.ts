import { parseArgs } from 'node:util'

/** Options by name: with a value, or without. */
type Config = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>

/**
 * The options of a command's arguments.
 *
 * @throws Error with the usage, for an unknown option, and for one that is given twice: nobody knows which was meant
 */
export function readArguments<T extends Config>(args: readonly string[], options: T, usage: string) {
  try {
    const { values, tokens } = parseArgs({ args: [...args], options, tokens: true })
    const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []))
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) throw new Error(`--${twice} is given twice: leave one out`)
    return values
  } catch (error) {
    throw wrongArguments((error as Error).message, usage, error)
  }
}

/** What is wrong, with the usage. */
export function wrongArguments(message: string, usage: string, cause?: unknown): Error {
  return new Error(`${message}\nusage: ${usage}`, { cause })
}

/** Without what is not given. A pipeline's variable that is not set comes as an empty text. */
export function filled<T extends Readonly<Record<string, string | undefined>>>(values: T) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '')
  return Object.fromEntries(given) as { readonly [Name in keyof T]?: string }
}
