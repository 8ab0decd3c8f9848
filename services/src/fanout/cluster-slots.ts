import type { Cluster } from 'ioredis'

const INTERVAL_MS = 2000
/** How long the client reads the slots again after a change or a lost connection. */
const UNSETTLED_MS = 30_000
/** What a client emits when it has lost or opened a connection to a node. */
const EVENTS = ['node error', 'nodeError', '+node', '-node', '-subscriber', 'ready', 'close', 'error'] as const

/** The part of a client that this file uses. */
export type SlotsClient = Pick<Cluster, 'on' | 'once' | 'cluster' | 'refreshSlotsCache'>

/**
 * Lets a client read the slots again when a node says that they have changed, and for a while after a connection was
 * lost. The client's own way, to read them all the time, opens a connection and compares 16,384 lists each time, which
 * is more than half of what an idle process does.
 */
export function followSlots(client: SlotsClient): void {
  let known: string | undefined
  let unsettledUntil = 0
  let isClosed = false
  const unsettle = (): void => {
    unsettledUntil = performance.now() + UNSETTLED_MS
  }
  for (const event of EVENTS) client.on(event, unsettle)
  const check = async (): Promise<void> => {
    const masters = await mastersOf(client).catch(() => undefined)
    if (isClosed) return
    if (masters === undefined || masters !== known) unsettle()
    known = masters
    if (performance.now() < unsettledUntil) client.refreshSlotsCache()
  }
  const timer = setInterval(() => void check(), INTERVAL_MS).unref()
  client.once('end', () => {
    isClosed = true
    clearInterval(timer)
  })
}

/** Which master has which slots, as one of the nodes knows it. */
async function mastersOf(client: SlotsClient): Promise<string> {
  const ranges = await client.cluster('SLOTS')
  const lines = ranges.map(([first, last, master]) => [first, last, ...(master?.slice(0, 3) ?? [])].join(' '))
  return lines.sort().join('\n')
}
