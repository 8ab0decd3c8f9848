import { Readable } from 'node:stream'
import type { Connect } from '../cluster/cluster.ts'
import { SUBCOMMANDS } from '../commands/index.ts'
import { Failure } from '../failure.ts'
import { unpainted } from '../text/paint.ts'

/** What a command has written, and its exit code. */
export interface Ran {
  readonly code: number
  readonly out: string
  /** The notes, and the message of its error. */
  readonly err: string
  readonly questions: readonly string[]
}

/** Runs a command in this process. @param answer to its question; without one there is no terminal to ask on */
export async function runCommand(
  connect: Connect,
  args: readonly string[],
  answer?: string,
  input: string | Buffer = '',
): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const questions: string[] = []
  const terminal = {
    print: (text: string) => void out.push(`${text}\n`),
    redraw: (lines: readonly string[]) => void out.push(`${lines.join('\n')}\n`),
    note: (text: string) => void err.push(`${text}\n`),
    isTerminal: false,
    columns: 80,
    rows: 24,
    paint: unpainted,
    ask: answer === undefined ? undefined : async (question: string) => (questions.push(question), answer),
  }
  const [name = '', ...rest] = args
  const context = { terminal, connect, now: () => new Date(), stdin: Readable.from([input]) }
  const code = await SUBCOMMANDS[name]!.run(rest, context).catch((error: unknown) => {
    err.push(`${(error as Error).message}\n`)
    return error instanceof Failure ? error.exitCode : 1
  })
  return { code, out: out.join(''), err: err.join(''), questions }
}
