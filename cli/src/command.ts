/** An option of a command. */
export interface Option {
  /**
   * Placeholder of the value, in capitals, such as `NAME`.
   *
   * @default the option takes no value
   */
  readonly value?: string
  /**
   * One letter, for `-n` in place of `--namespace`.
   *
   * @default none
   */
  readonly short?: string
  /** What the option does, and which values are valid; `--help` wraps it. */
  readonly help: string
  /**
   * The default that `--help` prints. The command itself must apply it.
   *
   * @default the help names no default
   */
  readonly default?: string
  /**
   * Whether the option may be given several times.
   *
   * @default false
   */
  readonly isMultiple?: boolean
}

/** The arguments of a command, and the texts of its help. */
export interface Command {
  /** The command as users type it, such as `npm run deploy`. */
  readonly name: string
  /** The arguments of each form of the command, such as `--env NAME [option...]`. */
  readonly usage: readonly string[]
  /** What the command does, one entry for each paragraph; `--help` wraps them. */
  readonly about: readonly string[]
  /** The options by name, without `--`. `--help` is added to them. */
  readonly options: Readonly<Record<string, Option>>
  /**
   * Arguments without `--` (sub-commands, checks, benchmarks), and what each of them does.
   *
   * @default none
   */
  readonly names?: { readonly title: string; readonly help: Readonly<Record<string, string>> }
  /**
   * Environment variables that the command reads, and what they do.
   *
   * @default none
   */
  readonly variables?: Readonly<Record<string, string>>
  /** The meaning of each exit code; codes with the same meaning are separated by commas. */
  readonly exitCodes: Readonly<Record<string, string>>
  /** Complete commands, and what they do. */
  readonly examples: Readonly<Record<string, string>>
}

const WIDTH_COLUMNS = 100
/** A longer term has a line of its own, and its text begins on the next line. */
const LONGEST_TERM_COLUMNS = 28
const HELP: Option = { help: 'print this help and exit' }

/** The text that `--help` prints. */
export function helpText(command: Command): string {
  const { name, usage, about, options, names, variables = {}, exitCodes, examples } = command
  const sections = [
    usageText(name, usage),
    ...about.map((paragraph) => wrap(paragraph, WIDTH_COLUMNS).join('\n')),
    ...(names === undefined ? [] : [section(names.title, names.help)]),
    section('Options', optionTerms({ ...options, help: HELP })),
    section('Environment variables', variables),
    section('Exit codes', exitCodes),
    ['Examples:', ...Object.entries(examples).map(([line, help]) => `  ${line}  # ${help}`)].join('\n'),
  ]
  return sections.filter((text) => text !== '').join('\n\n')
}

/** The usage, one line for each form: `usage: npm run deploy -- --env NAME [option...]`. */
export function usageText(name: string, usage: readonly string[]): string {
  return usage.map((form, index) => `${index === 0 ? 'usage: ' : '       '}${name} ${form}`.trimEnd()).join('\n')
}

function optionTerms(options: Readonly<Record<string, Option>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { value, short, help, default: fallback, isMultiple }]) => [
      `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
      [help, ...(isMultiple ? ['(may be repeated)'] : []), ...(fallback ? [`(default: ${fallback})`] : [])].join(' '),
    ]),
  )
}

function section(title: string, terms: Readonly<Record<string, string>>): string {
  const entries = Object.entries(terms)
  if (entries.length === 0) return ''
  const lengths = entries.map(([term]) => term.length).filter((length) => length <= LONGEST_TERM_COLUMNS)
  const column = Math.max(0, ...lengths) + 4
  const rows = entries.flatMap(([term, help]) => {
    const [first = '', ...rest] = wrap(help, WIDTH_COLUMNS - column)
    const indented = rest.map((line) => ' '.repeat(column) + line)
    return term.length <= LONGEST_TERM_COLUMNS
      ? [`  ${term}`.padEnd(column) + first, ...indented]
      : [`  ${term}`, ' '.repeat(column) + first, ...indented]
  })
  return [`${title}:`, ...rows].join('\n')
}

/** Breaks a text at spaces into lines of at most `width` columns; a longer word has a line of its own. */
function wrap(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) ?? ''
    if (last === '') lines[lines.length - 1] = word
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
