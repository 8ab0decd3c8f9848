/** Where steps are shown: standard error. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** The steps of a long command. */
export interface Steps {
  /** Begins the next step of `total`. */
  readonly next: (title: string, total: number) => void
  /** Says what the step is doing. */
  readonly detail: (text: string) => void
  /** Prints a line on standard output, above the line of the steps. */
  readonly print: (line: string) => void
  /** Takes the line of the steps away. */
  readonly end: () => void
}

const REDRAW_EVERY_MS = 1000
const CLEAR_LINE = '\r\u001b[2K'
const DEFAULT_COLUMNS = 80

/**
 * Shows on a terminal which step runs, of how many, and for how many seconds, in one line that is drawn again. Without a
 * terminal only `print` writes.
 */
export function showSteps(screen: Screen = process.stderr, print: (line: string) => void = console.log): Steps {
  if (!screen.isTTY) return { next: () => {}, detail: () => {}, print, end: () => {} }
  let step = { number: 0, total: 0, title: '', detail: '', startedAt: 0 }
  const clear = (): unknown => screen.write(CLEAR_LINE)
  const draw = (): void => {
    if (step.number === 0) return
    const seconds = Math.floor((performance.now() - step.startedAt) / 1000)
    const detail = step.detail === '' ? '' : `: ${step.detail}`
    const time = seconds === 0 ? '' : ` (${seconds} s)`
    // A terminal of unknown width has 0 columns.
    const room = (screen.columns || DEFAULT_COLUMNS) - 1 - time.length
    screen.write(`${CLEAR_LINE}${`${step.number} of ${step.total}  ${step.title}${detail}`.slice(0, room)}${time}`)
  }
  // Does not keep a command from ending that failed.
  const timer = setInterval(draw, REDRAW_EVERY_MS).unref()
  return {
    next(title, total) {
      step = { number: step.number + 1, total, title, detail: '', startedAt: performance.now() }
      draw()
    },
    detail(text) {
      step.detail = text
      draw()
    },
    print(line) {
      clear()
      print(line)
      draw()
    },
    end() {
      clearInterval(timer)
      step.number = 0
      clear()
    },
  }
}
