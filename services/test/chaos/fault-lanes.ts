import { randomOf } from '@chat-app/testing'
import { Choice } from './choice.ts'
import { faultsOf, type Fault } from './faults.ts'
import type { Findings } from './findings.ts'
import type { World } from './world.ts'

const POLL_INTERVAL_MS = 100

/** Redis has the most kinds. */
const SHARES = { processes: 1 / 4, database: 1 / 4, Redis: 1 / 2 } as const

interface Lane {
  readonly choice: Choice
  readonly kinds: readonly Fault[]
  /** How many faults it makes. */
  readonly count: number
  deck: Fault[]
  begun: number
}

/** Breaks things while it runs. Each lane has one fault at a time, and takes all of its kinds before it takes one again. */
export class FaultLanes {
  /** How many faults of each kind were begun. */
  readonly counts = new Map<string, number>()
  readonly #lanes: readonly Lane[]
  readonly #findings: Findings
  readonly #part: () => number

  /** @param options.part how much of the run is over, from 0 to 1: the faults are spread over it */
  constructor(world: World, options: { seed: number; count: number; findings: Findings; part: () => number }) {
    this.#findings = options.findings
    this.#part = options.part
    const faults = faultsOf(world)
    this.#lanes = (['processes', 'database', 'Redis'] as const).map((name, index) => {
      const choice = new Choice(randomOf(options.seed + index))
      return { choice, kinds: faults[name], count: Math.ceil(options.count * SHARES[name]), deck: [], begun: 0 }
    })
  }

  get begun(): number {
    return this.#lanes.reduce((sum, { begun }) => sum + begun, 0)
  }

  /** Resolves when the faults that have begun are mended. @param signal begins no further ones */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.#lanes.map(async (lane) => {
        while (!signal.aborted && !this.#findings.signal.aborted) {
          if (lane.begun >= lane.count || this.#part() < (lane.begun + 0.5) / lane.count) {
            await this.#findings.pause(POLL_INTERVAL_MS)
            continue
          }
          if (lane.deck.length === 0) lane.deck = lane.choice.shuffled(lane.kinds)
          const fault = lane.deck.pop()
          if (!fault) return
          lane.begun += 1
          this.counts.set(fault.name, (this.counts.get(fault.name) ?? 0) + 1)
          await fault.run(lane.choice, (ms) => this.#findings.pause(ms))
        }
      }),
    )
  }
}
