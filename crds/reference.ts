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
    `Every field of \`${API_VERSION}\`, generated from the schema by \`npm run generate\`. The same text is in`,
    '`kubectl explain chatapp.spec --recursive`. A value outside of its bounds, or against a rule, is refused.',
    '',
    ...table('spec', spec),
    ...table('status', status),
  ].join('\n')
}

function table(name: string, schema: JsonSchema | undefined): string[] {
  const rows = schema === undefined ? [] : [row(name, schema, true), ...fields(name, schema)]
  return [`## ${name}`, '', '| field | type | meaning |', '|---|---|---|', ...rows, '']
}

function fields(path: string, schema: JsonSchema): string[] {
  const nested = schema.items ?? schema
  const below = schema.items === undefined ? path : `${path}[]`
  return Object.entries(nested.properties ?? {}).flatMap(([name, field]) => {
    const required = nested.required?.includes(name) ?? false
    return [row(`${below}.${name}`, field, required), ...fields(`${below}.${name}`, field)]
  })
}

function row(path: string, schema: JsonSchema, required: boolean): string {
  const notes = [schema.description ?? '', ...bounds(schema), ...rules(schema)]
  return `| \`${path}\` | ${typeOf(schema)}${required ? ', required' : ''} | ${notes.join(' ').replaceAll('|', '\\|')} |`
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value as string}\``).join(', ')
  if (schema['x-kubernetes-int-or-string'] === true) return 'quantity'
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`
  if (typeof schema.additionalProperties === 'object') return `map of ${typeOf(schema.additionalProperties)}`
  return schema.type ?? 'any'
}

function bounds({ minimum, maximum, maxLength, maxItems, maxProperties }: JsonSchema): string[] {
  return [
    minimum !== undefined && maximum !== undefined ? `From ${minimum} to ${maximum}.` : '',
    maxLength === undefined ? '' : `At most ${maxLength as number} characters.`,
    maxItems === undefined ? '' : `At most ${maxItems as number} entries.`,
    maxProperties === undefined ? '' : `At most ${maxProperties as number} entries.`,
  ].filter((note) => note !== '')
}

function rules(schema: JsonSchema): string[] {
  const validations = (schema[VALIDATIONS] ?? []) as { message: string; fieldPath?: string }[]
  return validations.map(
    ({ message, fieldPath = '' }) => `Rule: ${[fieldPath.slice(1), message].filter(Boolean).join(' ')}.`,
  )
}
