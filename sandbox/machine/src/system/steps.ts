import { Listr } from 'listr2'
import type { Progress } from '../types.ts'

/** Without a terminal, the lines of one step are printed at most once in this time. */
const PLAIN_INTERVAL_MS = 15_000

/**
 * Runs the work as one step and shows its latest progress line and its duration; without a terminal, prints lines.
 *
 * @throws what `work` throws
 */
export async function withProgress<T>(title: string, work: (onProgress: Progress) => Promise<T>): Promise<T> {
  const result: { value?: T } = {}
  const step = {
    title,
    task: async (_: unknown, task: { output: string }) => {
      result.value = await work(throttled((text) => (task.output = text)))
    },
  }
  const showTime = {
    timer: { condition: true, field: (ms: number) => `${(ms / 1000).toFixed(1)} s`, format: () => plain },
  }
  await new Listr([step], {
    fallbackRenderer: 'simple',
    rendererOptions: showTime,
    fallbackRendererOptions: showTime,
    // The caller prints the error.
    exitOnError: true,
    // The caller handles interrupts: listr2's listener would end the process before the clean-up.
    registerSignalListeners: false,
  }).run()
  return result.value as T
}

/**
 * Returns a callback that, without a terminal, drops repeated lines of a step, such as "building Kubernetes: 512 of 2843
 * packages". The text before the colon identifies the step.
 *
 * @param intervalMs time between two lines of a step that are printed, milliseconds
 */
export function throttled(
  print: Progress,
  isTerminal = process.stdout.isTTY,
  intervalMs = PLAIN_INTERVAL_MS,
): Progress {
  if (isTerminal) return print
  const printedAtMs = new Map<string, number>()
  return (text) => {
    const step = text.split(':', 1)[0] ?? ''
    const now = performance.now()
    if (now - (printedAtMs.get(step) ?? -Infinity) < intervalMs) return
    printedAtMs.set(step, now)
    print(text)
  }
}

function plain(text?: string): string {
  return text ?? ''
}
