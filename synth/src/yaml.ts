import { Yaml } from 'cdk8s'

/**
 * Objects as a file of YAML documents, the same bytes as cdk8s writes in a tenth of the time: nearly every value is
 * plain text that a regular expression recognizes. Values are JSON; undefined fields are left out.
 */
export function yamlOf(objects: readonly unknown[]): string {
  return objects.map((object) => block(object, '', '') || `${scalar(object, '')}\n`).join('---\n')
}

/**
 * A list or an object on its own lines; empty for a scalar and for an empty collection.
 *
 * @param first indentation of the first line: empty behind the dash of a list
 */
function block(value: unknown, indent: string, first: string): string {
  let lines = ''
  if (Array.isArray(value))
    for (const item of value) lines += `${lines === '' ? first : indent}- ${itemOf(item, `${indent}  `)}`
  else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      const field = (value as Record<string, unknown>)[key]
      if (field !== undefined) lines += `${lines === '' ? first : indent}${keyOf(key)}:${after(field, indent)}`
    }
  }
  return lines
}

/** The value behind a key: on the same line, or below it. */
function after(value: unknown, indent: string): string {
  if (typeof value === 'string') return ` ${text(value, indent)}\n`
  const deeper = `${indent}  `
  const below = block(value, deeper, deeper)
  return below === '' ? ` ${scalar(value, indent)}\n` : `\n${below}`
}

/** An item of a list; its first line is behind the dash. */
function itemOf(value: unknown, indent: string): string {
  return block(value, indent, '') || `${scalar(value, indent.slice(2))}\n`
}

function scalar(value: unknown, indent: string): string {
  if (typeof value === 'string') return text(value, indent)
  if (typeof value === 'boolean' || Number.isInteger(value)) return String(value)
  if (Array.isArray(value)) return '[]'
  return typeof value === 'object' && value !== null ? '{}' : anyScalar(value, indent)
}

/** Text that needs no quotes: it begins with a letter, `/`, `$`, `(` or the like, and has no character with a meaning in YAML. */
const PLAIN = /^(?:[A-Za-z/$(_^]|\.[a-z]|--?[A-Za-z])(?:[\w./$()=+,;?!'"<>&*@%^|[\]{}~` \\-]|:(?=[^\s]))*$/
/** Words that YAML 1.1 reads as a boolean, null or a number. */
const WORD = /^(?:y|yes|n|no|true|false|on|off|null|-?\.inf|\.nan)$/i
/** A quantity, a version, an address or a schedule. */
const AMOUNT =
  /^(?:\d+(?:\.\d+)?(?:m|k|M|G|T|Ki|Mi|Gi|Ti|GB|s|h|d|%)|\d+(?:\.\d+){2,3}(?:\/\d+)?|::\/0|\d+ \d+(?: [\d*]+){3})$/
/** Text that YAML would read as something else without quotes. */
const QUOTED = /^[,[\]{}#&*!|>'"%@`]|: | #|:$|^\d+$|^(?:[Tt]rue|[Ff]alse|)$/
const PRINTABLE = /^[ -~]*$/
/** Lines that need no escape and no indicator of the indentation. */
const LINES = /^[!-~](?:[ -~]*\n)+(?:[ -~]*[!-~])?$/
/** Several line breaks at the end of a text. */
const BLANK_END = /\s\n$/

function text(value: string, indent: string): string {
  if (isPlain(value)) return value
  if (QUOTED.test(value) && PRINTABLE.test(value)) return quoted(value)
  if (LINES.test(value) && !BLANK_END.test(value)) return literal(value, indent)
  return anyScalar(value, indent)
}

/** Whether a text is plain, by the text: most keys and names are repeated. */
const plain = new Map<string, boolean>()

function isPlain(value: string): boolean {
  const known = plain.get(value)
  if (known !== undefined) return known
  const is = (PLAIN.test(value) && !value.endsWith(' ') && !WORD.test(value)) || AMOUNT.test(value)
  plain.set(value, is)
  return is
}

function quoted(value: string): string {
  return value.includes('"') && !value.includes("'") ? `'${value}'` : JSON.stringify(value)
}

function literal(value: string, indent: string): string {
  const lines = (value.endsWith('\n') ? value.slice(0, -1) : value).split('\n')
  const body = lines.map((line) => (line === '' ? '' : `${indent}  ${line}`)).join('\n')
  return `${value.endsWith('\n') ? '|' : '|-'}\n${body}`
}

/** Any other value, written by the library that cdk8s uses. */
function anyScalar(value: unknown, indent: string): string {
  const [first = '', ...more] = Yaml.stringify({ k: value }).slice('k: '.length, -1).split('\n')
  return [first, ...more.map((line) => (line === '' ? '' : indent + line))].join('\n')
}

function keyOf(key: string): string {
  return isPlain(key) ? key : Yaml.stringify({ [key]: 0 }).slice(0, -': 0\n'.length)
}
