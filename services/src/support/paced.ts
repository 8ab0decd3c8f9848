import { setTimeout as sleep } from 'node:timers/promises'

const LONGEST_PAUSE_MS = 1000

/** Pauses after each piece of work for as long as it took, at most 1 s, so that who serves clients has half of the time. */
export async function* paced<T>(pieces: AsyncIterable<T>): AsyncGenerator<T> {
  let startedAtMs = performance.now()
  for await (const piece of pieces) {
    yield piece
    await sleep(Math.min(performance.now() - startedAtMs, LONGEST_PAUSE_MS))
    startedAtMs = performance.now()
  }
}
