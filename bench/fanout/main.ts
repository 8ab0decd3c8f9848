import { getPriority, setPriority } from 'node:os'
import { showSteps, type Steps } from '@chat-app/cli'
import { openArena, type Arena } from './contestants.ts'
import { cpuSeconds } from '../measure/cpu.ts'
import { Crowd, type Measured } from './crowd.ts'
import { table, type Row } from './table.ts'

export interface FanoutOptions {
  /** Clients of a room, such as `20`. */
  readonly rooms: readonly number[]
  readonly rounds: number
  /** Of each load. */
  readonly seconds: number
  /** Messages a second of the higher load. @default 70 % of what the slowest server sustains */
  readonly rate?: number | undefined
  readonly clients: number
}

const HIGH = 0.7
const LOW = 0.3
/** The rates that are tried to find what the slowest server sustains: each is higher by this factor. */
const STEP = 1.3
const FIRST_DELIVERIES_PER_SECOND = 4000
const TRIAL_SECONDS = 2
const MAX_TRIALS = 20
/** A server sustains a rate if everything arrives, and nearly all of it within this time. */
const SUSTAINED_P99_MS = 500
/** A round that counts for nothing is repeated so often. */
const MAX_REPEATS = 2
const CLIENT_PRIORITY = -10

/**
 * Delivers messages to rooms of several sizes, with two processes of ours and of its peers in turns, and prints what a
 * delivery costs and how long it takes.
 */
export async function fanout({ rooms, ...options }: FanoutOptions): Promise<void> {
  const steps = showSteps()
  try {
    for (const size of rooms) {
      steps.next(`rooms of ${size}`, rooms.length)
      steps.print(await ofSize(size, options, steps))
    }
  } finally {
    steps.end()
  }
}

async function ofSize(size: number, options: Omit<FanoutOptions, 'rooms'>, steps: Steps): Promise<string> {
  const { clients, rounds, seconds } = options
  await using arena = await openArena({ rooms: Math.ceil(clients / size), clients })
  const crowds: Crowd[] = []
  const priority = getPriority()
  try {
    prefer(CLIENT_PRIORITY, steps)
    for (const contestant of arena.contestants) {
      steps.detail(`${contestant.name}: ${clients} clients connect`)
      crowds.push(await Crowd.open(contestant, { clients, size }))
    }
    const most = options.rate === undefined ? await sustained(crowds, size, steps) : options.rate / HIGH
    const rows = crowds.map(({ contestant: { name, isPeer } }): Row => ({
      name,
      isPeer,
      high: [],
      low: [],
      redis: [],
      database: [],
    }))
    for (let round = 1; round <= rounds; round += 1) {
      for (const [share, kind] of [
        [HIGH, 'high'],
        [LOW, 'low'],
      ] as const) {
        // Nobody is always the first one.
        for (let i = 0; i < crowds.length; i += 1) {
          const at = (i + round) % crowds.length
          const [crowd, row] = [crowds[at] as Crowd, rows[at] as Row]
          steps.detail(`round ${round} of ${rounds}: ${crowd.contestant.name} at ${share * 100} %`)
          const load = { messagesPerSecond: most * share, seconds }
          row[kind].push(...(await valid(crowd, load, { arena, row, isHigh: kind === 'high', steps })))
        }
      }
    }
    return table({ size, clients, messagesPerSecond: { high: most * HIGH, low: most * LOW }, rows })
  } finally {
    for (const crowd of crowds) crowd.close()
    // The servers that are started next inherit it.
    setPriority(priority)
  }
}

/** The clients must not wait for the servers that they measure. */
function prefer(priority: number, steps: Steps): void {
  try {
    setPriority(priority)
  } catch {
    steps.print('the priority of the clients is that of the servers: only root may raise it')
  }
}

/** One measurement that counts; none if that fails too often. */
async function valid(
  crowd: Crowd,
  load: { messagesPerSecond: number; seconds: number },
  { arena, row, isHigh, steps }: { arena: Arena; row: Row; isHigh: boolean; steps: Steps },
): Promise<Measured[]> {
  for (let attempt = 0; attempt <= MAX_REPEATS; attempt += 1) {
    const before = [cpuSeconds(arena.redisPids), cpuSeconds(arena.databasePids)] as const
    const measured = await crowd.measure(load)
    if (measured.invalid !== undefined) {
      steps.print(`thrown away: ${crowd.contestant.name}: ${measured.invalid}`)
      continue
    }
    if (isHigh) {
      row.redis.push(cpuSeconds(arena.redisPids) - before[0])
      row.database.push(cpuSeconds(arena.databasePids) - before[1])
    }
    return [measured]
  }
  return []
}

/** The highest messages per second that every server sustains. */
async function sustained(crowds: readonly Crowd[], size: number, steps: Steps): Promise<number> {
  let rate = FIRST_DELIVERIES_PER_SECOND / size
  for (let trial = 0; trial < MAX_TRIALS; trial += 1) {
    const next = rate * STEP
    for (const crowd of crowds) {
      steps.detail(`what the slowest server sustains: ${crowd.contestant.name} at ${(next * size).toFixed(0)} a second`)
      const { lost, latenciesMs } = await crowd.measure({ messagesPerSecond: next, seconds: TRIAL_SECONDS })
      const p99 = latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? Infinity
      if (lost === 0 && p99 < SUSTAINED_P99_MS) continue
      steps.print(`the slowest: ${crowd.contestant.name}, more than ${(rate * size).toFixed(0)} deliveries a second`)
      return rate
    }
    rate = next
  }
  return rate
}
