import { z } from 'zod'

const MAX_NAME_CHARACTERS = 253
const MAX_TEXT_CHARACTERS = 10_000
const MAX_PARTS = 20
const MAX_SECRETS = 100

const name = z.string().min(1).max(MAX_NAME_CHARACTERS)
const keyOfSecret = z.strictObject({ namespace: name, name, key: name })

/** Plain text, a random value of `length` characters, or the value of another Secret's key. */
const part = z.union([
  z.string().max(MAX_TEXT_CHARACTERS),
  z.strictObject({ held: z.string(), length: z.int().min(16).max(256) }),
  z.strictObject({ copied: keyOfSecret }),
])

/** The Secrets, each after those of which it copies values. */
const table = z
  .array(z.strictObject({ namespace: name, name, data: z.record(name, z.array(part).max(MAX_PARTS)) }))
  .min(1)
  .max(MAX_SECRETS)

export type Part = z.output<typeof part>
export type KeyOfSecret = z.output<typeof keyOfSecret>
export type SecretRow = z.output<typeof table>[number]

/** Parses the value of the environment variable SECRETS. @throws Error that names the invalid fields */
export function readTable(json: string | undefined): SecretRow[] {
  if (json === undefined) throw new Error('SECRETS is missing: set it to the table of Secrets, as JSON')
  const parsed = table.safeParse(parse(json))
  if (parsed.success) return parsed.data
  throw new Error(`SECRETS is not valid:\n${z.prettifyError(parsed.error)}`)
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new Error(`SECRETS is not JSON: ${(error as Error).message}`, { cause: error })
  }
}
