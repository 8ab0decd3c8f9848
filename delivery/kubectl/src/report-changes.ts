import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits for `work`. Until it settles, polls `look` and passes each new, non-empty result to `say`. A poll that rejects
 * is ignored: a progress line must not fail the work.
 *
 * @param everyMs pause between two polls
 * @returns the value of `work`
 * @throws what `work` rejects with
 */
export async function reportChanges<T>(
  work: Promise<T>,
  look: () => Promise<string>,
  say: (text: string) => void,
  everyMs: number,
): Promise<T> {
  const over = new AbortController()
  const polling = poll(look, say, everyMs, over.signal)
  try {
    return await work
  } finally {
    over.abort()
    await polling
  }
}

async function poll(
  look: () => Promise<string>,
  say: (text: string) => void,
  everyMs: number,
  over: AbortSignal,
): Promise<void> {
  let last = ''
  while (!over.aborted) {
    const found = await look().catch(() => '')
    if (found !== '' && found !== last && !over.aborted) say((last = found))
    await sleep(everyMs, undefined, { signal: over }).catch(() => {})
  }
}
