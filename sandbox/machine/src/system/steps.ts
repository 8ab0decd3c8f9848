import { Listr } from 'listr2'
import type { Progress } from '../types.ts'

/** On a terminal a line of the same step is redrawn; elsewhere at most one of them is printed in this time, unless said otherwise. */
const PLAIN_EVERY_MS = 15_000

/** Runs the work as one step of a list that shows what it is doing, with its time; plain lines without a terminal. */
export async function withProgress<T>(title: string, work: (onProgress: Progress) => Promise<T>): Promise<T> {
  const result: { value?: T } = {}
  const step = {
    title,
    task: async (_: unknown, task: { output: string }) => {
      result.value = await work(calmed((text) => (task.output = text)))
    },
  }
  const showTime = {
    timer: { condition: true, field: (ms: number) => `${(ms / 1000).toFixed(1)} s`, format: () => plain },
  }
  await new Listr([step], {
    fallbackRenderer: 'simple',
    rendererOptions: showTime,
    fallbackRendererOptions: showTime,
    // Whoever called decides what an error looks like.
    exitOnError: true,
    // And what an interrupt ends: listr2's own listener would end the process before anything is cleaned up.
    registerSignalListeners: false,
  }).run()
  return result.value as T
}

/**
 * Without a terminal: drops lines that only count on, such as "building Kubernetes: 512 of 2843 packages". Two steps that
 * count at the same time are told apart by what stands before the colon.
 */
export function calmed(print: Progress, isTerminal = process.stdout.isTTY, everyMs = PLAIN_EVERY_MS): Progress {
  if (isTerminal) return print
  const printedAtMs = new Map<string, number>()
  return (text) => {
    const step = text.split(':', 1)[0] ?? ''
    const now = performance.now()
    if (now - (printedAtMs.get(step) ?? -Infinity) < everyMs) return
    printedAtMs.set(step, now)
    print(text)
  }
}

function plain(text?: string): string {
  return text ?? ''
}
