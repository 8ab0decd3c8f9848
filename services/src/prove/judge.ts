import type { Excuses } from './excuses.ts'
import { lengthOf, type Gap } from './gaps.ts'
import type { Fault, FaultKind, Ledger } from './ledger.ts'
import { UNKNOWN, type Served } from './served.ts'

/** What a release may do to messages. Duplicates and disorder are never allowed. */
export interface Budget {
  readonly maxLost: number
  readonly maxGapMs: number
}

export interface Judgement {
  /** Skipped: the running release has no probe users, so that nothing can be compared. */
  readonly verdict: 'Passed' | 'Failed' | 'Inconclusive' | 'Skipped'
  /** One sentence. */
  readonly message: string
  /** The processes without which the release would not have failed, where they are known; they may be of another release. */
  readonly processes?: readonly string[]
}

export interface Evidence {
  /** The two users whose messages pass the release. */
  readonly pair: Ledger
  /** Two users whose messages pass only what runs already, if there are some. */
  readonly control: Ledger | undefined
  /** Which processes have served the two users; undefined where it is known whose they are. */
  readonly served: readonly Served[] | undefined
  readonly excuses: Excuses
  readonly budget: Budget
}

const WORDS: Readonly<Record<FaultKind, string>> = {
  lost: 'lost',
  duplicated: 'delivered twice',
  reordered: 'out of order',
}

/**
 * A fault is certain after this time: what is missing may still come, and it takes a while to see that a dependency
 * does not answer.
 */
const CERTAIN_MS = 2000
/**
 * How much of a gap may be excused, as a part of the budget, until nothing is said. With all of the budget, a release
 * that delivers nothing for almost twice the budget would pass on a machine that is slow meanwhile.
 */
const MAX_EXCUSED = 0.5

/** The verdict as soon as it is certain that the release breaks the budget; undefined while it is not. */
export function judgeEarly(evidence: Evidence, now: number): Judgement | undefined {
  return failure(evidence, now - CERTAIN_MS, now)
}

/** The verdict at the end. */
export function judge(evidence: Evidence, now: number): Judgement {
  return failure(evidence, now, now) ?? excused(evidence, now) ?? passed(evidence, now)
}

/** How much of a gap, of the one with most, was not the release's fault. */
export function excusedMs({ pair, excuses }: Evidence, now: number): number {
  const longest = pair.gaps.longest(now)
  const gaps = [...(longest ? [longest] : []), ...pair.gaps.long(now)]
  return Math.max(0, ...gaps.map(({ from, to }) => excuses.overlapMs(from, to)))
}

function failure(
  { pair, control, served, excuses, budget }: Evidence,
  until: number,
  now: number,
): Judgement | undefined {
  const found = faultOf(pair, excuses, budget, until)
  if (found === undefined) return undefined
  const { message } = found
  const other = control && faultOf(control, excuses, budget, now)
  if (other === undefined)
    return { verdict: 'Failed', message, ...(served && { processes: [...new Set(found.processes(served))] }) }
  return {
    verdict: 'Inconclusive',
    message: `${message}; the control pair, on pods that ran before, has the same: ${other.message}`,
  }
}

interface Found {
  readonly message: string
  readonly processes: (served: readonly Served[]) => readonly string[]
}

function faultOf(ledger: Ledger, excuses: Excuses, budget: Budget, until: number): Found | undefined {
  for (const kind of ['duplicated', 'reordered', 'lost'] as const) {
    const { count, first } = ledger.faults(kind, until)
    if (count <= (kind === 'lost' ? budget.maxLost : 0)) continue
    const message = `${count} of ${ledger.sent} messages ${count === 1 ? 'was' : 'were'} ${WORDS[kind]}: ${first?.what}`
    return { message, processes: (served) => processesOfFault(first, served) }
  }
  for (const gap of ledger.gaps.long(until)) {
    const overMs = lengthOf(gap) - excuses.overlapMs(gap.from, gap.to) - budget.maxGapMs
    if (overMs <= 0) continue
    const message = `${gap.what} ${seconds(lengthOf(gap))} s, more than ${seconds(budget.maxGapMs)} s`
    return { message, processes: (served) => processesOfGap(gap, overMs, served) }
  }
  return undefined
}

function processesOfFault(fault: Fault | undefined, served: readonly Served[]): readonly string[] {
  if (fault?.by === undefined) return []
  return served[fault.by.user]?.between(fault.by.from, fault.at, 0) ?? []
}

/** A message waits for the process of its sender until it is acknowledged, and then for that of the other user. */
function processesOfGap({ from, to, message }: Gap, overMs: number, served: readonly Served[]): readonly string[] {
  const { sender, order, acknowledgedAt = to } = message
  const storedAt = Math.min(acknowledgedAt, to)
  const isByHttp = order === undefined
  // A request that is not answered does not tell which process has it.
  const unanswered = isByHttp && storedAt - from >= overMs ? [UNKNOWN] : []
  const before = isByHttp ? unanswered : (served[sender]?.between(from, storedAt, overMs) ?? [])
  return [...before, ...(served[1 - sender]?.between(storedAt, to, overMs) ?? [])]
}

/** What was excused for longer than half of the budget says nothing about the release. */
function excused({ pair, excuses, budget }: Evidence, now: number): Judgement | undefined {
  const mostMs = budget.maxGapMs * MAX_EXCUSED
  const gap = pair.gaps.long(now).find(({ from, to }) => excuses.overlapMs(from, to) > mostMs)
  if (!gap) return undefined
  const ms = excuses.overlapMs(gap.from, gap.to)
  const message = `${gap.what} ${seconds(lengthOf(gap))} s, for ${seconds(ms)} s of which ${excuses.cause(gap.from, gap.to)}`
  return inconclusive(message)
}

function passed({ pair }: Evidence, now: number): Judgement {
  const gap = pair.gaps.longest(now)
  const longest = gap ? `; the longest gap was ${Math.round(lengthOf(gap))} ms` : ''
  return { verdict: 'Passed', message: `${pair.acknowledged} messages were delivered once and in order${longest}` }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1)
}

export function inconclusive(message: string): Judgement {
  return { verdict: 'Inconclusive', message }
}
