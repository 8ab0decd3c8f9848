import { z } from 'zod'

const name = z.string().min(1).max(253)
const keyOfSecret = z.strictObject({ namespace: name, name, key: name })

/** Plain text, a random value of so many characters, or the value of another Secret's key. */
const part = z.union([
  z.string().max(10_000),
  z.strictObject({ held: z.string(), length: z.int().min(16).max(256) }),
  z.strictObject({ copied: keyOfSecret }),
])

/** The Secrets that shall be there, a copy after what it is copied from. */
const table = z
  .array(z.strictObject({ namespace: name, name, data: z.record(name, z.array(part).max(20)) }))
  .min(1)
  .max(100)

export type Part = z.output<typeof part>
export type KeyOfSecret = z.output<typeof keyOfSecret>
export type SecretRow = z.output<typeof table>[number]

/** The table as JSON, from the environment variable SECRETS. @throws Error that names what is wrong in it */
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
    throw new Error(`SECRETS is no JSON: ${(error as Error).message}`, { cause: error })
  }
}
