/** The part of a stream that the steps need. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Shows the progress of a long command. */
export interface Steps {
  /** Starts the next step, of `total` steps. */
  readonly next: (title: string, total: number) => void
  /** Sets what the current step is doing. */
  readonly detail: (text: string) => void
  /** Prints a line of output above the progress line. */
  readonly print: (line: string) => void
  /** Removes the progress line. */
  readonly end: () => void
}

const REDRAW_MS = 1000
const CLEAR_LINE = '\r\u001b[2K'
const DEFAULT_COLUMNS = 80

/**
 * Shows the current step, the number of steps and the elapsed seconds in one line that is redrawn. Without a terminal it
 * shows nothing, and only `print` writes.
 *
 * @param screen stream of the progress line
 * @param print writes a line of output
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
    // `columns` is 0 when the width is unknown.
    const room = (screen.columns || DEFAULT_COLUMNS) - 1 - time.length
    screen.write(`${CLEAR_LINE}${`${step.number} of ${step.total}  ${step.title}${detail}`.slice(0, room)}${time}`)
  }
  // Unreferenced, so that it does not keep the process alive when the command fails without a call of `end`.
  const timer = setInterval(draw, REDRAW_MS).unref()
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
