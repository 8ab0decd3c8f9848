import headless from '@xterm/headless'
import { SIZE, type Chunk } from './record.ts'

/** A stretch of characters in one colour. */
export interface Run {
  readonly text: string
  /** One of the terminal's 16 colours; undefined for the default one. */
  readonly colour?: number
  readonly isBold: boolean
}

/** What a terminal shows, row by row, from a moment on. */
export interface Screen {
  readonly atMs: number
  readonly rows: readonly (readonly Run[])[]
}

/** Spinners and counters draw ten times a second: the screen is looked at less often. */
const INTERVAL_MS = 500

/** What the terminal showed, one screen for each change. */
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
