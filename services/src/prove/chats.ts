import type { ProofConfig } from '../config/proof.ts'
import type { ServiceFile } from '../config/schema.ts'
import type { Pair } from './accounts.ts'
import { Chat, type Place } from './chat.ts'

/** Messages per second of one user: of the pair before a release is served and during its rollout, and of the control pair. */
const RATES = { before: 150, during: 50, control: 25 }
const MAX_REQUESTS_PER_SECOND = 20
/** The share of a configured limit that a user makes use of. */
const LIMIT_SHARE = 0.75
/** A control pair that waits longer suffers. */
const CONTROL_GAP_MS = 1000

/**
 * Opens the chat whose messages pass the release, and before a release is served also the control pair, which talks
 * only to what runs already.
 */
export function openChats(
  pairs: readonly [Pair, Pair?],
  { part, running, fresh, maxGapMs, timeoutMs }: ProofConfig,
  limits: ServiceFile['limits'],
): [Chat, Chat?] {
  const old: Place = { site: running, name: fresh ? 'the pods that ran before' : 'the public Services' }
  const first: Place = fresh ? { site: fresh, name: 'the new processes' } : old
  const requestsPerSecond = within(limits.requests_per_minute / 60, MAX_REQUESTS_PER_SECOND)
  const messagesPerSecond = within(limits.messages_per_second, RATES[part])
  // Both users together send what fits half of the time, where a limit allows few messages.
  const most = Math.max(Math.floor((messagesPerSecond * timeoutMs) / 1000), 1)
  const target = fresh ? Math.min(fresh.messages, most) : Infinity
  const [pair, control] = pairs
  const chat = new Chat({ pair, places: [first, old], longMs: maxGapMs, messagesPerSecond, requestsPerSecond, target })
  if (!control) return [chat]
  const slow = {
    messagesPerSecond: Math.min(RATES.control, messagesPerSecond),
    longMs: CONTROL_GAP_MS,
    target: Infinity,
  }
  return [chat, new Chat({ pair: control, places: [old, old], requestsPerSecond, ...slow })]
}

/** A rate below a configured limit, of which 0 means none. */
function within(limit: number, most: number): number {
  return limit === 0 ? most : Math.min(most, limit * LIMIT_SHARE)
}
