import headless from '@xterm/headless'
import { SIZE, type Chunk } from './record.ts'

/** Adjacent characters with the same colour and weight. */
export interface Run {
  readonly text: string
  /**
   * Index in the palette of the terminal.
   *
   * @default the default colour of the terminal
   */
  readonly colour?: number
  readonly isBold: boolean
}

/** The content of the terminal, row by row, from a point in time on. */
export interface Screen {
  /** Milliseconds since the start of the command. */
  readonly atMs: number
  readonly rows: readonly (readonly Run[])[]
}

/** Changes within this time become one screen: spinners and counters redraw ten times a second. */
const INTERVAL_MS = 500

/** The screens that the output produces in a terminal of `SIZE`, at most one for each INTERVAL_MS, and the last one. */
export async function screensOf(chunks: readonly Chunk[]): Promise<Screen[]> {
  const terminal = new headless.Terminal({ cols: SIZE.columns, rows: SIZE.rows, allowProposedApi: true })
  const screens: Screen[] = []
  for (const [index, { atMs, text }] of chunks.entries()) {
    await new Promise<void>((resolve) => terminal.write(text, resolve))
    const next = chunks[index + 1]
    if (next !== undefined && next.atMs - (screens.at(-1)?.atMs ?? -INTERVAL_MS) < INTERVAL_MS) continue
    const rows = rowsOf(terminal)
    if (JSON.stringify(rows) !== JSON.stringify(screens.at(-1)?.rows)) screens.push({ atMs, rows })
  }
  return screens
}

function rowsOf({ buffer: { active } }: headless.Terminal): Run[][] {
  return Array.from({ length: SIZE.rows }, (_, row) => runsOf(active.getLine(active.viewportY + row)))
}

function runsOf(line: headless.IBufferLine | undefined): Run[] {
  const runs: Run[] = []
  for (let column = 0; column < SIZE.columns; column++) {
    const cell = line?.getCell(column)
    if (cell === undefined || cell.getWidth() === 0) continue
    const style = { isBold: cell.isBold() !== 0, ...(cell.isFgPalette() && { colour: cell.getFgColor() }) }
    const last = runs.at(-1)
    const text = cell.getChars() || ' '
    if (last !== undefined && last.isBold === style.isBold && last.colour === style.colour)
      runs[runs.length - 1] = { ...last, text: last.text + text }
    else runs.push({ ...style, text })
  }
  return trimmed(runs)
}

function trimmed(runs: readonly Run[]): Run[] {
  const last = runs.at(-1)
  if (last === undefined) return []
  const text = last.text.trimEnd()
  return text === '' ? trimmed(runs.slice(0, -1)) : [...runs.slice(0, -1), { ...last, text }]
}
