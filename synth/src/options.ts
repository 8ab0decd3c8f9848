import { readArguments, unknownName, usageError, type Command } from '@chat-app/cli'
import { environments } from '@chat-app/environments'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..', '..')
const formats = ['text', 'markdown'] as const

/** Help and arguments of `npm run synth`. */
export const command = {
  name: 'npm run synth',
  usage: [
    '[-- [--env NAME]... [--out DIR]]',
    '-- --diff A B [--format FORMAT]',
    '-- --diff-from DIR [--env NAME]... [--format FORMAT]',
  ],
  about: [
    'Writes the manifests of each environment, a folder for each cluster. A folder is replaced as a whole, and only when everything was rendered.',
    'With --diff it writes nothing and prints what it takes to get from environment or cluster A to B; with --diff-from it prints what changes against manifests that were written before.',
  ],
  options: {
    env: {
      value: 'NAME',
      help: `environment: ${environments.map(({ name }) => name).join(', ')}`,
      default: 'all',
      isMultiple: true,
    },
    out: { value: 'DIR', help: 'folder that the manifests are written to', default: 'dist in the checkout' },
    diff: {
      value: 'A B',
      help: 'two environments, or clusters such as prod/eu-central; for an environment with several clusters the one that takes the writes is compared',
    },
    'diff-from': { value: 'DIR', help: 'folder with manifests that npm run synth wrote before' },
    format: { value: 'FORMAT', help: `of a diff: ${formats.join(', ')}`, default: formats[0] },
  },
  exitCodes: {
    0: 'the manifests are written, or the differences printed, also when there are none',
    1: 'an argument or a value of an environment is wrong; nothing was written',
    130: 'interrupted',
  },
  examples: {
    'npm run synth': 'all environments, below dist',
    'npm run synth -- --env staging --out /tmp/manifests': 'one of them, elsewhere',
    'npm run synth -- --diff staging prod': 'how two environments differ',
    'npm run synth -- --diff-from dist --format markdown': 'what a change of the values changes',
  },
} as const satisfies Command

/** What `npm run synth` was asked for. */
export interface Options {
  /**
   * Names of environments.
   *
   * @default all
   */
  readonly env: readonly string[]
  /**
   * The folder that manifests are written to.
   *
   * @default dist in the checkout
   */
  readonly out: string
  /** Two environments, or clusters by the names of their folders, to compare. */
  readonly diff?: readonly [string, string]
  /** A folder with manifests that were written before, to compare with. */
  readonly diffFrom?: string
  /** @default text */
  readonly format: Format
}

export type Format = (typeof formats)[number]

/** @throws Error that names the argument and what is valid, with the usage */
export function optionsOf(args: readonly string[]): Options {
  const { values, names } = readArguments(command, args)
  const { env = [], out, diff, 'diff-from': from, format = 'text' } = values
  const isDiff = diff !== undefined || from !== undefined
  if (diff !== undefined && from !== undefined) throw wrong('--diff and --diff-from exclude each other: leave one out')
  if (diff !== undefined && (names.length !== 1 || env.length > 0))
    throw wrong('--diff takes two environments or clusters, such as --diff staging prod, and no --env')
  if (diff === undefined && names.length > 0)
    throw wrong(`unexpected argument "${names[0]}": an environment is named by --env`)
  if (isDiff && out !== undefined) throw wrong('--out: not with --diff or --diff-from, which write nothing')
  if (!isDiff && values.format !== undefined) throw wrong('--format: only with --diff or --diff-from')
  if (!isFormat(format)) throw wrong(`--format: ${unknownName('format', format, formats)}`)
  return {
    env,
    out: out ?? join(root, 'dist'),
    format,
    ...(diff !== undefined && { diff: [diff, names[0] as string] as const }),
    ...(from !== undefined && { diffFrom: from }),
  }
}

function isFormat(text: string): text is Format {
  return (formats as readonly string[]).includes(text)
}

function wrong(message: string): Error {
  return usageError(command, message)
}
