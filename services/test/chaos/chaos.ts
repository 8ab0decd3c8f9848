import { Cast } from './cast.ts'
import { compareClients, compareFollowers } from './compare-clients.ts'
import { compareCounts, compareInboxes, compareMembers } from './compare-counts.ts'
import { FaultLanes } from './fault-lanes.ts'
import { Findings } from './findings.ts'
import { Ledger } from './ledger.ts'
import { Contradiction, type ChaosOptions, type ChaosOutcome, type ChaosProgress } from './options.ts'
import { compareStored } from './stored-room.ts'
import { World } from './world.ts'

const CHECK_INTERVAL_MS = 250
/** How long the last actions of a round may take to be answered, once nothing is broken. */
const ANSWER_DEADLINE_MS = 120_000

/**
 * Lets users act while the database, Redis and the processes break, and compares all that was acknowledged with the
 * database and with what each client has, after each round.
 *
 * @param onProgress called some times a second
 * @throws Contradiction with the first thing that does not hold
 */
export async function chaos(
  options: ChaosOptions,
  onProgress: (progress: ChaosProgress) => void = () => undefined,
): Promise<ChaosOutcome> {
  await using world = await World.open(options)
  const run = new Run(options, world, onProgress)
  return await run.toTheEnd()
}

class Run {
  readonly #options: ChaosOptions
  readonly #world: World
  readonly #onProgress: (progress: ChaosProgress) => void
  readonly #ledger = new Ledger()
  readonly #findings = new Findings()
  readonly #lanes: FaultLanes
  readonly #startedAtMs = performance.now()
  #rounds = 0
  #deliveries = 0

  constructor(options: ChaosOptions, world: World, onProgress: (progress: ChaosProgress) => void) {
    this.#options = options
    this.#world = world
    this.#onProgress = onProgress
    const { seed, faults: count } = options
    this.#lanes = new FaultLanes(world, { seed, count, findings: this.#findings, part: () => this.#part() })
  }

  async toTheEnd(): Promise<ChaosOutcome> {
    const stage = { world: this.#world, ledger: this.#ledger, findings: this.#findings }
    await using cast = await Cast.open(stage, this.#options)
    while (!this.#isOver()) await this.#round(cast)
    return {
      seconds: this.#seconds(),
      rounds: this.#rounds,
      actions: this.#ledger.counts,
      faults: this.#lanes.counts,
      deliveries: this.#deliveries,
      reconnects: cast.joining.reduce((sum, { reconnects }) => sum + reconnects, 0),
    }
  }

  async #round(cast: Cast): Promise<void> {
    this.#rounds += 1
    const over = new AbortController()
    const failed = (error: unknown) => this.#findings.fail(error)
    const faults = this.#lanes.run(over.signal).catch(failed)
    const acting = cast.act(over.signal, this.#options.inFlight).catch(failed)
    const endsAt = this.#seconds() + this.#options.roundSeconds
    try {
      while (this.#seconds() < endsAt && !this.#isOver()) await this.#watch()
    } finally {
      over.abort()
    }
    await faults
    await this.#answered(acting)
    await this.#compare(cast)
  }

  async #watch(): Promise<void> {
    await this.#findings.pause(CHECK_INTERVAL_MS)
    const { fault } = this.#world
    if (fault !== undefined) throw new Contradiction(fault)
    this.#onProgress({ acknowledged: this.#ledger.acknowledged, faults: this.#lanes.begun, seconds: this.#seconds() })
  }

  async #answered(acting: Promise<void>): Promise<void> {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), ANSWER_DEADLINE_MS)
    const aborted = new Promise<void>((resolve) => late.signal.addEventListener('abort', () => resolve()))
    await Promise.race([acting, aborted])
    clearTimeout(timer)
    this.#findings.check()
    if (!late.signal.aborted) return
    const first = this.#ledger.actions.find(({ outcome }) => outcome === undefined)
    const words = first ? `${first.kind} ${first.clientId} of ${first.user} to ${first.room}` : 'a request'
    throw new Contradiction(`${words} has no answer ${ANSWER_DEADLINE_MS / 1000} s after the last fault`)
  }

  async #compare(cast: Cast): Promise<void> {
    const { database } = this.#world.store
    const stored = new Map()
    for (const room of cast.rooms) stored.set(room.slug, await compareStored(database, room, this.#ledger))
    this.#deliveries += await compareClients(database, cast.joining, stored)
    await compareFollowers(database, cast.followers, stored)
    await compareCounts(this.#world, cast.rooms)
    await compareMembers(database, cast.rooms)
    await compareInboxes(database, cast.guests)
    this.#findings.check()
    this.#ledger.clear()
    for (const room of cast.rooms) {
      const first = room.prune()
      for (const { seats } of cast.joining) seats.get(room.slug)?.view.dropBefore(first)
    }
    for (const { client } of [...cast.joining, ...cast.followers]) {
      client.record.sent.length = 0
      client.record.delivered.length = 0
    }
  }

  #seconds(): number {
    return (performance.now() - this.#startedAtMs) / 1000
  }

  /** How much of the run is over, from 0 to 1. */
  #part(): number {
    return Math.max(this.#ledger.acknowledged / this.#options.actions, this.#seconds() / this.#options.seconds)
  }

  #isOver(): boolean {
    if (this.#seconds() >= this.#options.seconds) return true
    return this.#ledger.acknowledged >= this.#options.actions && this.#lanes.begun >= this.#options.faults
  }
}
