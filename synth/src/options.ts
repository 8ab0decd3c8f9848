import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const root = resolve(import.meta.dirname, '..', '..')

/** Printed for `--help`. */
export const usage = [
  'npm run synth [-- --env NAME]... [-- --out DIR]                writes the manifests, below dist/ by default',
  'npm run synth -- --diff A B [--format markdown]                how two environments or clusters differ',
  'npm run synth -- --diff-from DIR [--env NAME]... [--format markdown]   what changes against the manifests in DIR',
].join('\n  ')

/** What `npm run synth` was asked for. */
export interface Options {
  /** Names of environments; none: all. */
  readonly env: readonly string[]
  /** Where manifests are written to. */
  readonly out: string
  /** Two environments, or clusters as their folders are named, to compare. */
  readonly diff?: readonly [string, string]
  /** A folder with manifests that were written before, to compare with. */
  readonly diffFrom?: string
  readonly format: Format
}

const formats = ['text', 'markdown'] as const
export type Format = (typeof formats)[number]

/** @throws Error that names what is valid */
export function optionsOf(args: readonly string[]): Options {
  const { values, positionals } = parsed(args)
  const { env = [], out, diff, format = 'text' } = values
  const from = values['diff-from']
  const isDiff = diff !== undefined || from !== undefined
  if (diff !== undefined && from !== undefined) throw wrong('--diff and --diff-from are two questions: ask one')
  if (diff !== undefined && (positionals.length !== 1 || env.length > 0))
    throw wrong('--diff takes two environments or clusters, such as --diff staging prod, and no --env')
  if (diff === undefined && positionals.length > 0) throw wrong(`unexpected "${positionals[0]}"`)
  if (isDiff && out !== undefined) throw wrong('--out goes with writing: a diff writes nothing')
  if (!isDiff && values.format !== undefined) throw wrong('--format is that of a diff')
  if (!formats.includes(format as Format)) throw wrong(`unknown format "${format}"; there are ${formats.join(', ')}`)
  return {
    env,
    out: out ?? join(root, 'dist'),
    format: format as Format,
    ...(diff !== undefined && { diff: [diff, positionals[0] as string] as const }),
    ...(from !== undefined && { diffFrom: from }),
  }
}

function parsed(args: readonly string[]) {
  const options = {
    env: { type: 'string', multiple: true },
    out: { type: 'string' },
    diff: { type: 'string' },
    'diff-from': { type: 'string' },
    format: { type: 'string' },
  } as const
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw wrong((error as Error).message, error)
  }
}

function wrong(message: string, cause?: unknown): Error {
  return new Error(`${message}\nusage:\n  ${usage}`, { cause })
}
