import { readArguments, usageError, type Command, type Option, type Values } from '@chat-app/cli'
import type { Cluster, Connect } from '../cluster/cluster.ts'
import { EXIT, Failure, type ExitCode } from '../failure.ts'
import type { CleanUps } from './clean-ups.ts'
import type { Terminal } from './terminal.ts'

/** What a command runs with. */
export interface Context {
  readonly terminal: Terminal
  readonly connect: Connect
  /** Standard input. */
  readonly stdin: AsyncIterable<Buffer | string>
  /** The present time, by the clock of this machine. */
  readonly now: () => Date
  /** Aborted when a signal ends this process. */
  readonly signal?: AbortSignal
  /** What is done before a signal ends this process. */
  readonly cleanUps?: CleanUps
}

/** A command of `kubectl chatapp`. */
export interface Subcommand {
  readonly command: Command
  /** What it does, in a few words. */
  readonly summary: string
  /** Whether its first argument is the name of a ChatApp, which the completion then offers. */
  readonly takesName: boolean
  run(args: readonly string[], context: Context): Promise<ExitCode>
}

/** The options of every command that talks with a cluster. */
export const TARGET_OPTIONS = {
  namespace: { short: 'n', value: 'NAMESPACE', help: 'namespace of the ChatApp', default: 'that of the context' },
  context: { value: 'CONTEXT', help: 'context of the kubeconfig', default: 'the current one' },
} as const satisfies Record<string, Option>

export const OUTPUT_OPTION = {
  output: { short: 'o', value: 'json', help: 'print JSON, for programs' },
} as const satisfies Record<string, Option>

export const NO_COLOR_VARIABLES = {
  KUBECONFIG: 'the kubeconfig, as for kubectl',
  NO_COLOR: 'with any value: no colours (https://no-color.org); without a terminal there are none either',
} as const

export const COMMON_EXIT_CODES = {
  1: 'it failed, or the cluster does not answer or permit it; the message says why',
  2: 'wrong arguments',
} as const

type Given<Options extends Readonly<Record<string, Option>>> = {
  readonly values: Values<Options>
  readonly names: readonly string[]
}

/** Reads the arguments of a command. @throws Failure with the usage, and the exit code of wrong arguments */
export function argumentsOf<Options extends Readonly<Record<string, Option>>>(
  command: Command & { readonly options: Options },
  args: readonly string[],
): Given<Options> {
  try {
    const given = readArguments(command, args)
    const { output } = given.values as { readonly output?: string }
    if (output !== undefined && output !== 'json') throw usageError(command, `--output "${output}": it can be json`)
    return given
  } catch (error) {
    throw new Failure((error as Error).message, EXIT.usage, { cause: error })
  }
}

export function misused(command: Command, message: string): Failure {
  return new Failure(usageError(command, message).message, EXIT.usage)
}

/** The one name among the arguments. @throws Failure when there is none, or more than one */
export function nameIn(command: Command, names: readonly string[]): string {
  const name = optionalNameIn(command, names)
  if (name === undefined) throw misused(command, 'NAME of the ChatApp is missing')
  return name
}

/** The name among the arguments, if there is one. @throws Failure when there are more */
export function optionalNameIn(command: Command, [name, excess]: readonly string[]): string | undefined {
  if (excess !== undefined) throw misused(command, `unexpected argument "${excess}"`)
  return name
}

/** The cluster that the options name. */
export function clusterOf(
  { connect }: Context,
  values: { readonly namespace?: string; readonly context?: string; readonly 'all-namespaces'?: true },
): Cluster {
  const { namespace, context, 'all-namespaces': all = false } = values
  return connect({ namespace, context, isAllNamespaces: all })
}
