import { parseArgs } from 'node:util'
import { usageText, type Command, type Option } from './command.ts'
import { nearest } from './nearest.ts'

/** The given options: a text for one with a value, texts for one that may be repeated, and true for one without a value. */
export type Values<Options extends Readonly<Record<string, Option>>> = {
  readonly [Name in keyof Options]?: Options[Name] extends { value: string }
    ? Options[Name] extends { isMultiple: true }
      ? readonly string[]
      : string
    : true
}

/** What a command was given. */
export interface Arguments<Options extends Readonly<Record<string, Option>>> {
  readonly values: Values<Options>
  /** What stands without an option before it, in the given order. */
  readonly names: readonly string[]
}

/**
 * Reads the arguments of a command. An empty value counts as not given: a variable of a pipeline that is not set comes as
 * an empty text.
 *
 * @throws Error with the usage, for an unknown option, for one without its value or with one too many, and for one that is
 *   given twice: the command could not know which was meant
 */
export function readArguments<Options extends Readonly<Record<string, Option>>>(
  command: Command & { readonly options: Options },
  args: readonly string[],
): Arguments<Options> {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { value }]) => [
      name,
      { type: value === undefined ? 'boolean' : 'string', multiple: true } as const,
    ]),
  )
  // Not strict: its messages name no option that may have been meant.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  const values = new Map<string, string | true | string[]>()
  const seen = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    const option = Object.hasOwn(command.options, name) ? command.options[name] : undefined
    const fault = faultOf(command, option, token, seen)
    if (fault !== undefined) throw usageError(command, `${rawName}${fault}`)
    seen.add(name)
    if (option?.value === undefined) values.set(name, true)
    else if (value !== '' && value !== undefined)
      values.set(name, option.isMultiple ? [...((values.get(name) as string[] | undefined) ?? []), value] : value)
  }
  const names = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  return { values: Object.fromEntries(values) as Values<Options>, names }
}

interface Given {
  readonly name: string
  readonly value?: string | undefined
  /** Whether the value stands behind a `=`. */
  readonly inlineValue?: boolean | undefined
}

/** What is wrong with an option, to stand behind its name. */
function faultOf(
  { options }: Command,
  option: Option | undefined,
  { name, value, inlineValue }: Given,
  seen: ReadonlySet<string>,
): string | undefined {
  if (option === undefined) {
    const near = nearest(name, [...Object.keys(options), 'help'])
    return `: unknown option${near === undefined ? '' : `; did you mean --${near}?`}`
  }
  if (option.value === undefined && value !== undefined) return ' takes no value'
  // What begins with "-" is the next option, unless it is written with a "=".
  if (option.value !== undefined && (value === undefined || (inlineValue !== true && value.startsWith('-'))))
    return ` needs a value: --${name} ${option.value}`
  if (seen.has(name) && !option.isMultiple) return ' is given twice: leave one out'
  return undefined
}

/** What is wrong with the arguments, with the usage. */
export function usageError({ name, usage }: Command, message: string, cause?: unknown): Error {
  return new Error(`${message}\n${usageText(name, usage)}\nAll options: ${name} ${helpFlag(name)}`, { cause })
}

/** npm takes what stands before `--` for its own. */
function helpFlag(name: string): string {
  return name.startsWith('npm ') && !name.includes(' --') ? '-- --help' : '--help'
}
