import { reasonOf, type Cluster } from '../../cluster/cluster.ts'
import { LOGS_SECONDS, MAX_LOG_CHARACTERS } from '../../limits.ts'
import { byTime, errorIn, parseLine, type LogLine } from './line.ts'

/** Lines of logs. */
export interface LinesRead {
  /** In the order of their times. */
  readonly lines: readonly LogLine[]
  /** Why some could not be read. */
  readonly errors: readonly string[]
  /** Whether there were more than are kept, which are the newest ones. */
  readonly isCut: boolean
}

/** Runs `kubectl logs` to its end. @param args after `logs` */
export async function readLines({ results }: Cluster, args: readonly string[]): Promise<LinesRead> {
  const kept = newest(MAX_LOG_CHARACTERS)
  const errors = new Set<string>()
  const onLine = (text: string): void => {
    const line = parseLine(text)
    const error = errorIn(text)
    if (line !== undefined) kept.add(line)
    else if (error !== undefined) errors.add(error)
  }
  const run = { onLine, isStreamed: true, timeoutMs: LOGS_SECONDS * 1000 }
  const result = await results(['logs', ...args], run)
  if (result.code !== 0) errors.add(reasonOf(result))
  return { ...kept.take(), errors: [...errors] }
}

/** Keeps the newest lines, and at most twice as many characters at any time. */
export function newest(maxCharacters: number) {
  let lines: LogLine[] = []
  let characters = 0
  let isCut = false
  const trim = (): void => {
    lines.sort(byTime)
    if (characters <= maxCharacters) return
    isCut = true
    const from = lines.findIndex(({ text }) => (characters -= size(text)) <= maxCharacters) + 1
    lines = lines.slice(from)
  }
  return {
    add(line: LogLine): void {
      lines.push(line)
      characters += size(line.text)
      if (characters > 2 * maxCharacters) trim()
    },
    take(): Pick<LinesRead, 'lines' | 'isCut'> {
      trim()
      return { lines, isCut }
    },
  }
}

/** Characters of a line: its text, and about those of its time and names. */
function size(text: string): number {
  return text.length + 100
}
