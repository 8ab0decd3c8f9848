/** An option of a command. */
export interface Option {
  /**
   * What its value is, in capitals, such as `NAME`.
   *
   * @default the option takes no value
   */
  readonly value?: string
  /** What it does, and which values are valid; wrapped when it is printed. */
  readonly help: string
  /**
   * What holds without the option, for the help alone.
   *
   * @default the help names no default
   */
  readonly default?: string
  /**
   * Whether it may be given several times.
   *
   * @default false
   */
  readonly isMultiple?: boolean
}

/** What the help of a command says, and which arguments it takes. */
export interface Command {
  /** As it is typed, such as `npm run deploy`. */
  readonly name: string
  /** The arguments of each form, such as `--env NAME [option...]`. */
  readonly usage: readonly string[]
  /** What the command does, a paragraph an entry; wrapped when it is printed. */
  readonly about: readonly string[]
  /** By name without `--`. */
  readonly options: Readonly<Record<string, Option>>
  /**
   * Names that may stand without `--`: sub-commands, checks, benchmarks. What each of them does.
   *
   * @default none
   */
  readonly names?: { readonly title: string; readonly help: Readonly<Record<string, string>> }
  /**
   * Variables of the environment that the command reads, and what they do.
   *
   * @default none
   */
  readonly variables?: Readonly<Record<string, string>>
  /** What each exit code means; several codes with one meaning are separated by commas. */
  readonly exitCodes: Readonly<Record<string, string>>
  /** Commands to copy, and what they do. */
  readonly examples: Readonly<Record<string, string>>
}

/** Columns. */
const WIDTH = 100
/** Terms that are longer stand on a line of their own. */
const LONGEST_TERM = 28
const HELP: Option = { help: 'print this help and exit' }

/** What `--help` prints. */
export function helpText(command: Command): string {
  const { name, usage, about, options, names, variables = {}, exitCodes, examples } = command
  const sections = [
    usageText(name, usage),
    ...about.map((paragraph) => wrap(paragraph, WIDTH).join('\n')),
    ...(names === undefined ? [] : [section(names.title, names.help)]),
    section('Options', optionTerms({ ...options, help: HELP })),
    section('Environment variables', variables),
    section('Exit codes', exitCodes),
    ['Examples:', ...Object.entries(examples).map(([line, help]) => `  ${line}  # ${help}`)].join('\n'),
  ]
  return sections.filter((text) => text !== '').join('\n\n')
}

/** `usage: npm run deploy -- --env NAME [option...]`, a line a form. */
export function usageText(name: string, usage: readonly string[]): string {
  return usage.map((form, index) => `${index === 0 ? 'usage: ' : '       '}${name} ${form}`.trimEnd()).join('\n')
}

function optionTerms(options: Readonly<Record<string, Option>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { value, help, default: fallback, isMultiple }]) => [
      `--${name}${value === undefined ? '' : ` ${value}`}`,
      [help, ...(isMultiple ? ['(may be repeated)'] : []), ...(fallback ? [`(default: ${fallback})`] : [])].join(' '),
    ]),
  )
}

function section(title: string, terms: Readonly<Record<string, string>>): string {
  const entries = Object.entries(terms)
  if (entries.length === 0) return ''
  const lengths = entries.map(([term]) => term.length).filter((length) => length <= LONGEST_TERM)
  const column = Math.max(0, ...lengths) + 4
  const rows = entries.flatMap(([term, help]) => {
    const [first = '', ...rest] = wrap(help, WIDTH - column)
    const indented = rest.map((line) => ' '.repeat(column) + line)
    return term.length <= LONGEST_TERM
      ? [`  ${term}`.padEnd(column) + first, ...indented]
      : [`  ${term}`, ' '.repeat(column) + first, ...indented]
  })
  return [`${title}:`, ...rows].join('\n')
}

/** Lines of at most `width` columns, broken at spaces. */
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
