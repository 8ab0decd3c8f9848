import { throttled } from './throttled.ts'

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
  /**
   * Runs the work as the next step, and prints its title and duration when it has ended. Without a terminal, what it is
   * doing is printed too. For a command whose output is its steps.
   */
  readonly run: <T>(title: string, total: number, work: (detail: (text: string) => void) => Promise<T>) => Promise<T>
  /** Prints a line of output above the progress line. */
  readonly print: (line: string) => void
  /** Removes the progress line. */
  readonly end: () => void
}

const REDRAW_MS = 1000
const CLEAR_LINE = '\r\u001b[2K'
const DEFAULT_COLUMNS = 80

/**
 * Shows the current step, the number of steps and the elapsed seconds in one line that is redrawn. Without a terminal
 * it shows nothing, and only `print` and `run` write.
 *
 * @param screen stream of the progress line
 * @param print writes a line of output
 */
export function showSteps(screen: Screen = process.stderr, print: (line: string) => void = console.log): Steps {
  if (!screen.isTTY) return plainSteps(print)
  let step = { number: 0, total: 0, title: '', detail: '', startedAt: 0 }
  const clear = (): unknown => screen.write(CLEAR_LINE)
  const draw = (): void => {
    if (step.number === 0) return
    const seconds = Math.floor((performance.now() - step.startedAt) / 1000)
    const detail = step.detail === '' ? '' : `: ${step.detail}`
    const time = seconds === 0 ? '' : ` (${seconds} s)`
    // `columns` is 0 when the width is unknown.
    const room = (screen.columns || DEFAULT_COLUMNS) - 1 - time.length
    const count = step.total === 1 ? '' : `${step.number} of ${step.total}  `
    screen.write(`${CLEAR_LINE}${`${count}${step.title}${detail}`.slice(0, room)}${time}`)
  }
  // Unreferenced, so that it does not keep the process alive when the command fails without a call of `end`.
  const timer = setInterval(draw, REDRAW_MS).unref()
  const steps: Steps = {
    next(title, total) {
      step = { number: step.number + 1, total, title, detail: '', startedAt: performance.now() }
      draw()
    },
    detail(text) {
      step.detail = text.replaceAll('\n', ' ')
      draw()
    },
    run(title, total, work) {
      steps.next(title, total)
      return timed(title, steps.print, () => work(steps.detail))
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
  return steps
}

function plainSteps(print: (line: string) => void): Steps {
  return {
    next: () => {},
    detail: () => {},
    run: (title, _total, work) => timed(title, print, () => work(throttled((text) => print(`${title}: ${text}`)))),
    print,
    end: () => {},
  }
}

/** Runs one step that is a whole command, or all that a command shows of its work. See `Steps.run`. */
export async function withProgress<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T> {
  const steps = showSteps()
  try {
    return await steps.run(title, 1, work)
  } finally {
    steps.end()
  }
}

async function timed<T>(title: string, print: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(1)
  try {
    const value = await work()
    print(`✔ ${title} (${seconds()} s)`)
    return value
  } catch (error) {
    print(`✖ ${title} (${seconds()} s)`)
    throw error
  }
}
