import { randomInt } from 'node:crypto'
import type { Bus } from './bus.ts'

const CONTENT = Buffer.from('{}')
/** Random numbers tell the nudges of different processes apart. */
const MAX_NUMBER = 2 ** 47

export interface NudgeOptions {
  readonly bus: Pick<Bus, 'onEnvelope' | 'subscribe' | 'publish'>
  /** Only processes that use the same name hear each other. */
  readonly name: string
  /** Also called for the own nudges, and for those of other systems in the same Redis. */
  readonly onNudged: () => void
}

/**
 * Tells all processes to look into the database now. It says nothing else, so a lost one only delays what they find at
 * their next turn, and a forged one costs a query.
 */
export class Nudge {
  readonly #bus: NudgeOptions['bus']
  readonly #channel: string

  constructor({ bus, name, onNudged }: NudgeOptions) {
    this.#bus = bus
    this.#channel = `chat:nudge:${name}`
    bus.onEnvelope((channel) => {
      if (channel === this.#channel) onNudged()
    })
    void bus.subscribe(this.#channel)
  }

  /** Without Redis nobody hears it. */
  send(): void {
    this.#bus.publish(this.#channel, { epoch: 0, seq: randomInt(MAX_NUMBER), frame: CONTENT })
  }
}
