import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for the work; meanwhile looks again and again, and says what is found when it changes. Looking may fail: it says nothing then. */
export async function telling<T>(
  work: Promise<T>,
  look: () => Promise<string>,
  say: (text: string) => void,
  everyMs: number,
): Promise<T> {
  const over = new AbortController()
  const told = tell(look, say, everyMs, over.signal)
  try {
    return await work
  } finally {
    over.abort()
    await told
  }
}

async function tell(
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
