import { createInterface } from 'node:readline/promises'
import { paintFor, type Paint } from '../text/paint.ts'
import { harmless } from '../text/plain.ts'

/** Where a command writes, and whom it asks. Nothing that is written can control the terminal, but colours. */
export interface Terminal {
  /** Writes lines of output. */
  readonly print: (text: string) => void
  /** Writes a line beside the output: progress, notes, warnings. */
  readonly note: (text: string) => void
  /** Writes lines in place of all that the terminal shows. */
  readonly redraw: (lines: readonly string[]) => void
  readonly isTerminal: boolean
  readonly columns: number
  readonly rows: number
  readonly paint: Paint
  /** Asks a question; undefined where there is no terminal to ask on. */
  readonly ask: ((question: string) => Promise<string>) | undefined
}

const COLUMNS = 80
const ROWS = 24
const HOME_AND_CLEAR = '\u001b[H\u001b[J'

export function processTerminal({ stdin, stdout, stderr, env }: NodeJS.Process): Terminal {
  const isTerminal = stdout.isTTY
  const canAsk = stdin.isTTY && stderr.isTTY
  return {
    print: (text) => void stdout.write(`${harmless(text)}\n`),
    note: (text) => void stderr.write(`${harmless(text)}\n`),
    redraw: (lines) => void stdout.write(`${HOME_AND_CLEAR}${harmless(lines.join('\n'))}\n`),
    isTerminal,
    // Both are 0 when the size is unknown.
    get columns() {
      return stdout.columns || COLUMNS
    },
    get rows() {
      return stdout.rows || ROWS
    },
    paint: paintFor(isTerminal, env),
    ask: canAsk ? (question) => askOn(question, stdin, stderr) : undefined,
  }
}

/** On standard error, since standard output may go into a file. */
async function askOn(question: string, input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<string> {
  const lines = createInterface({ input, output })
  const ended = new AbortController()
  // The end of the input is no answer.
  lines.once('close', () => ended.abort())
  lines.once('SIGINT', () => {
    // The terminal gets its mode back before the signal ends this process.
    lines.close()
    process.kill(process.pid, 'SIGINT')
  })
  try {
    return await lines.question(question, { signal: ended.signal })
  } catch (error) {
    if (ended.signal.aborted) return ''
    throw error
  } finally {
    lines.close()
  }
}
