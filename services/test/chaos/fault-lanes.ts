import { randomOf } from '@chat-app/testing'
import { Choice } from './choice.ts'
import { faultsOf, type Fault } from './faults.ts'
import type { Findings } from './findings.ts'
import type { World } from './world.ts'

const POLL_INTERVAL_MS = 100

/** Breaks things while it runs. Each lane has one fault at a time, and takes all of its kinds before it takes one again. */
export class FaultLanes {
  /** How many faults of each kind were begun. */
  readonly counts = new Map<string, number>()
  readonly #lanes: { readonly choice: Choice; readonly kinds: readonly Fault[]; deck: Fault[] }[]
  readonly #findings: Findings
  readonly #isDue: (index: number) => boolean
  #begun = 0

  /** @param isDue whether it is time for the fault with this number, from 0 on */
  constructor(world: World, options: { seed: number; findings: Findings; isDue: (index: number) => boolean }) {
    this.#findings = options.findings
    this.#isDue = options.isDue
    this.#lanes = Object.values(faultsOf(world)).map((kinds, index) => {
      const choice = new Choice(randomOf(options.seed + index))
      return { choice, kinds, deck: [] }
    })
  }

  get begun(): number {
    return this.#begun
  }

  /** Resolves when the faults that have begun are mended. @param signal begins no further ones */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.#lanes.map(async (lane) => {
        while (!signal.aborted && !this.#findings.signal.aborted) {
          if (!this.#isDue(this.#begun)) {
            await this.#findings.pause(POLL_INTERVAL_MS)
            continue
          }
          if (lane.deck.length === 0) lane.deck = lane.choice.shuffled(lane.kinds)
          const fault = lane.deck.pop()
          if (!fault) return
          this.#begun += 1
          this.counts.set(fault.name, (this.counts.get(fault.name) ?? 0) + 1)
          await fault.run(lane.choice, (ms) => this.#findings.pause(ms))
        }
      }),
    )
  }
}
