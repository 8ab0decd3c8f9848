import { parseArgs } from 'node:util'
import { usageText, type Command, type Option } from './command.ts'
import { nearest } from './nearest.ts'

/** The options that were given: a string, an array of strings when the option may be repeated, or true without a value. */
export type Values<Options extends Readonly<Record<string, Option>>> = {
  readonly [Name in keyof Options]?: Options[Name] extends { value: string }
    ? Options[Name] extends { isMultiple: true }
      ? readonly string[]
      : string
    : true
}

/** The arguments that were given. */
export interface Arguments<Options extends Readonly<Record<string, Option>>> {
  readonly values: Values<Options>
  /** The arguments that are neither options nor their values, in the given order. */
  readonly names: readonly string[]
}

/**
 * Reads the arguments of a command. An option with an empty value counts as not given: an unset variable of a pipeline
 * arrives as an empty string.
 *
 * @throws Error with the usage, for an option that is unknown, lacks its value, has a value but takes none, or is repeated
 *   although it may not be, or that npm has taken
 */
export function readArguments<Options extends Readonly<Record<string, Option>>>(
  command: Command & { readonly options: Options },
  args: readonly string[],
): Arguments<Options> {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { value, short }]) => [
      name,
      { type: value === undefined ? 'boolean' : 'string', multiple: true, ...(short && { short }) } as const,
    ]),
  )
  // Not strict: the errors of parseArgs do not suggest the nearest option.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  const values = new Map<string, string | true | string[]>()
  const seen = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const { name, rawName } = token
    // parseArgs takes the "=" of `-o=json` for a part of the value.
    const value = rawName.startsWith('--') ? token.value : token.value?.replace(/^=/, '')
    const option = Object.hasOwn(command.options, name) ? command.options[name] : undefined
    const fault = faultOf(command, option, token, seen)
    if (fault !== undefined) throw usageError(command, `${rawName}${fault}`)
    seen.add(name)
    if (option?.value === undefined) values.set(name, true)
    else if (value !== '' && value !== undefined)
      values.set(name, option.isMultiple ? [...((values.get(name) as string[] | undefined) ?? []), value] : value)
  }
  const taken = takenByNpm(command, seen)
  if (taken !== undefined) throw usageError(command, taken)
  const names = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []))
  return { values: Object.fromEntries(values) as Values<Options>, names }
}

interface Given {
  readonly name: string
  readonly value?: string | undefined
  /** Whether the value follows a `=`. */
  readonly inlineValue?: boolean | undefined
}

/** Why an option is invalid, to be appended to its name; undefined when it is valid. */
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
  // A value that begins with "-" is the next option, unless it follows a "=". A "-" alone is standard input.
  const isNext = inlineValue !== true && value !== '-' && value?.startsWith('-') === true
  if (option.value !== undefined && (value === undefined || isNext)) return ` needs a value: --${name} ${option.value}`
  if (seen.has(name) && !option.isMultiple) return ' is given twice: leave one out'
  return undefined
}

/** Names of settings that npm may have on any machine. */
const SETTINGS_OF_NPM: ReadonlySet<string> = new Set(['registry', 'yes'])

/**
 * What to write instead of an option before `--`, which npm takes for itself: without this, `npm run deploy --dry-run --
 * --env prod` would deploy.
 */
function takenByNpm({ name: command, options }: Command, seen: ReadonlySet<string>): string | undefined {
  if (!command.startsWith('npm ')) return undefined
  const isTaken = (name: string): boolean =>
    !seen.has(name) &&
    !SETTINGS_OF_NPM.has(name) &&
    !['', 'false'].includes(process.env[`npm_config_${name.replaceAll('-', '_')}`] ?? '')
  const taken = Object.keys(options).find(isTaken)
  if (taken === undefined) return undefined
  const { value } = options[taken] ?? {}
  return `--${taken} stands before "--", where npm takes it: ${command} -- --${taken}${value === undefined ? '' : ` ${value}`}`
}

/** An error about the arguments, with the usage appended to the message. */
export function usageError({ name, usage }: Command, message: string, cause?: unknown): Error {
  return new Error(`${message}\n${usageText(name, usage)}\nAll options: ${name} ${helpFlag(name)}`, { cause })
}

/** npm consumes the options before `--` itself. */
function helpFlag(name: string): string {
  return name.startsWith('npm ') && !name.includes(' --') ? '-- --help' : '--help'
}
