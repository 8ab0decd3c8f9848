import { API_VERSION } from './chatapp.ts'
import { objectSchema } from './crd.ts'
import { VALIDATIONS } from './rules.ts'
import type { JsonSchema } from './structural.ts'

/** The reference page of the resource, made from the schema: every field with its type, default, bounds and rules. */
export function reference(): string {
  const { spec, status } = objectSchema().properties ?? {}
  return [
    '# ChatApp',
    '',
    `Every field of \`${API_VERSION}\`, generated from the schema by \`npm run generate\`.`,
    '`kubectl explain chatapp.spec --recursive` prints the same text. The API server refuses a value',
    'that breaks a bound or a rule.',
    '',
    ...section('spec', spec),
    ...section('status', status),
  ].join('\n')
}

function section(name: string, schema: JsonSchema | undefined): string[] {
  const items = schema === undefined ? [] : [...item(name, schema, true), ...fields(name, schema)]
  return [`## ${name}`, '', ...items]
}

function fields(path: string, schema: JsonSchema): string[] {
  const nested = schema.items ?? schema
  const below = schema.items === undefined ? path : `${path}[]`
  return Object.entries(nested.properties ?? {}).flatMap(([name, field]) => {
    const required = nested.required?.includes(name) ?? false
    return [...item(`${below}.${name}`, field, required), ...fields(`${below}.${name}`, field)]
  })
}

/** A list item: the field and its type, then its description, then its rules as a list. */
function item(path: string, schema: JsonSchema, required: boolean): string[] {
  const text = [schema.description ?? '', ...bounds(schema)].join(' ').trim()
  return [
    ...wrapped(`**\`${path}\`** (${typeOf(schema)}${required ? ', required' : ''})`, '  ', '- '),
    '',
    ...(text === '' ? [] : [...wrapped(text, '  '), '']),
    ...rules(schema).flatMap((rule) => wrapped(rule, '    ', '  - ')),
    ...(rules(schema).length === 0 ? [] : ['']),
  ]
}

/** Breaks a text into lines of at most 100 characters; a longer word has a line of its own. */
function wrapped(text: string, indent: string, first = indent): string[] {
  const lines: string[] = []
  // A line must not begin with what Markdown takes for the mark of a list item.
  for (const word of text.replaceAll('<', '\\<').split(/ (?!(?:[-+*#>]|\d+[.)])(?: |$))/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= 100) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`${lines.length === 0 ? first : indent}${word}`)
  }
  return lines
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value as string}\``).join(', ')
  if (schema['x-kubernetes-int-or-string'] === true) return 'quantity'
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`
  if (typeof schema.additionalProperties === 'object') return `map of ${typeOf(schema.additionalProperties)}`
  return schema.type ?? 'any'
}

function bounds({ minimum, maximum, maxLength, minItems, maxItems, maxProperties }: JsonSchema): string[] {
  return [
    minimum !== undefined && maximum !== undefined ? `From ${minimum} to ${maximum}.` : '',
    maxLength === undefined ? '' : `At most ${maxLength as number} characters.`,
    minItems === undefined ? '' : `At least ${minItems as number}.`,
    maxItems === undefined ? '' : `At most ${maxItems as number} entries.`,
    maxProperties === undefined ? '' : `At most ${maxProperties as number} entries.`,
  ].filter((note) => note !== '')
}

function rules(schema: JsonSchema): string[] {
  const validations = (schema[VALIDATIONS] ?? []) as { message: string; fieldPath?: string }[]
  return validations.map(
    ({ message, fieldPath = '' }) => `Rule: ${[fieldPath.slice(1), message].filter(Boolean).join(': ')}.`,
  )
}
