import { showSteps } from '@chat-app/cli'
import { Persisting, WAYS, type Way } from '@chat-app/services/testing'

const WAITING = [64, 1000] as const
const ROUNDS = 5
const MEASURED_MS = 2000
const IDLE_MESSAGES = 300

/** The least that batches must be, as multiples of the other ways, by how many messages wait. */
const TARGETS: Readonly<Record<Exclude<Way, 'batches'>, Readonly<Record<(typeof WAITING)[number], number>>>> = {
  'one a transaction': { 64: 8, 1000: 35 },
  'bare inserts': { 64: 2, 1000: 4 },
  'without rules': { 64: 0.8, 1000: 0.8 },
}
const IDLE_TARGET = 1.1

/** Stores messages in batches and in other ways, in turns, and prints the median of all rounds. */
export async function persist(): Promise<void> {
  const steps = showSteps()
  try {
    steps.next('a database with rooms and members', ROUNDS + 1)
    await using persisting = await Persisting.open()
    const rounds: Round[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      steps.next(`round ${round + 1}`, ROUNDS + 1)
      rounds.push(await measure(persisting))
    }
    steps.print(report(rounds))
  } finally {
    steps.end()
  }
}

interface Round {
  /** Messages in a second. */
  readonly rates: ReadonlyMap<string, number>
  /** Milliseconds of each message. */
  readonly idle: readonly number[]
  readonly byHand: readonly number[]
}

const keyOf = (way: Way, waiting: number) => `${way} ${waiting}`

async function measure(persisting: Persisting): Promise<Round> {
  const rates = new Map<string, number>()
  for (const waiting of WAITING) {
    for (const way of WAYS) rates.set(keyOf(way, waiting), await persisting.rate(way, { waiting, ms: MEASURED_MS }))
  }
  return { rates, idle: await persisting.idle(IDLE_MESSAGES), byHand: await persisting.byHand(IDLE_MESSAGES) }
}

function report(rounds: readonly Round[]): string {
  const rate = (way: Way, waiting: number) => median(rounds.map(({ rates }) => rates.get(keyOf(way, waiting)) ?? NaN))
  const lines = WAITING.flatMap((waiting) => [
    `${waiting} messages wait, ${ROUNDS} rounds, medians`,
    ...WAYS.map((way) => {
      const perSecond = rate(way, waiting)
      const line = `  ${way.padEnd(18)} ${perSecond.toFixed(0).padStart(7)}/s`
      if (way === 'batches') return line
      const [ratio, target] = [rate('batches', waiting) / perSecond, TARGETS[way][waiting]]
      return `${line}  batches ${ratio.toFixed(2).padStart(5)} x; at least ${target}: ${met(ratio >= target)}`
    }),
  ])
  const [idle, byHand] = [({ idle: took }: Round) => took, ({ byHand: took }: Round) => took].map((of) =>
    median(rounds.map((round) => median(of(round)))),
  ) as [number, number]
  const ratio = idle / byHand
  return [
    ...lines,
    `one message at a time: p50 ${idle.toFixed(2)} ms, its statements by hand ${byHand.toFixed(2)} ms`,
    `  ${ratio.toFixed(2)} x; at most ${IDLE_TARGET}: ${met(ratio <= IDLE_TARGET)}`,
  ].join('\n')
}

const met = (isMet: boolean): string => (isMet ? 'met' : 'missed')

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}
