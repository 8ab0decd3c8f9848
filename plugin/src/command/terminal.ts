import { createInterface } from 'node:readline/promises'
import { paintFor, type Paint } from '../text/paint.ts'

/** Where a command writes, and whom it asks. */
export interface Terminal {
  /** Writes lines of output. */
  readonly print: (text: string) => void
  /** Writes a line beside the output: progress, notes, warnings. */
  readonly note: (text: string) => void
  /** Writes output as it is, such as a sequence that moves the cursor. */
  readonly write: (text: string) => void
  readonly isTerminal: boolean
  readonly columns: number
  readonly rows: number
  readonly paint: Paint
  /** Asks a question; undefined where there is no terminal to ask on. */
  readonly ask: ((question: string) => Promise<string>) | undefined
}

const COLUMNS = 80
const ROWS = 24

export function processTerminal({ stdin, stdout, stderr, env }: NodeJS.Process): Terminal {
  const isTerminal = stdout.isTTY
  const canAsk = stdin.isTTY && stderr.isTTY
  return {
    print: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    write: (text) => void stdout.write(text),
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
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return await lines.question(question, { signal: ended.signal })
  } catch (error) {
    if (ended.signal.aborted) return ''
    throw error
  } finally {
    lines.close()
  }
}
