/** A message between its first sending and its delivery to the other user. Milliseconds of one monotonic clock. */
export interface Gap {
  readonly from: number
  readonly to: number
  /** Names the message and who waited for it. */
  readonly what: string
  readonly message: Awaited
}

/** A message that somebody waits for. */
export interface Awaited {
  readonly sentAt: number
  /** When it was acknowledged, so that it is for the other side to deliver it. */
  readonly acknowledgedAt: number | undefined
  /** 0 or 1. */
  readonly sender: number
  /** Undefined for one that was sent by HTTP. */
  readonly order: number | undefined
  /** Names the message and who waits for it. */
  waits(): string
  /** Whether it was skipped, so that it is lost and no longer late. */
  isLost(): boolean
}

/** Longer gaps that are kept for the verdict; it is certain long before there are more. */
const MAX_LONG_GAPS = 10_000

/** How long messages wait for their delivery. */
export class Gaps {
  readonly #longMs: number
  /** The oldest first. */
  readonly #open = new Set<Awaited>()
  readonly #long: Gap[] = []
  #longest: Gap | undefined

  /** @param longMs gaps above it are kept */
  constructor(longMs: number) {
    this.#longMs = longMs
  }

  begin(message: Awaited): void {
    this.#open.add(message)
  }

  end(message: Awaited, at: number): void {
    if (!this.#open.delete(message)) return
    const gap = gapOf(message, at)
    this.#longest = longer(gap, this.#longest)
    if (lengthOf(gap) > this.#longMs && this.#long.length < MAX_LONG_GAPS) this.#long.push(gap)
  }

  /** All gaps above `longMs` until a time, also those of messages that still wait. */
  long(until: number): Gap[] {
    const ended = this.#long.map((gap) => ({ ...gap, to: Math.min(gap.to, until) }))
    const open = this.#late().map((message) => gapOf(message, until))
    return [...ended, ...open].filter((gap) => lengthOf(gap) > this.#longMs)
  }

  /** The longest gap so far; undefined before the first message. */
  longest(until: number): Gap | undefined {
    const [oldest] = this.#late()
    return oldest ? longer(gapOf(oldest, until), this.#longest) : this.#longest
  }

  #late(): Awaited[] {
    return [...this.#open].filter((message) => !message.isLost())
  }
}

function gapOf(message: Awaited, to: number): Gap {
  const { sentAt } = message
  return { from: sentAt, to: Math.max(to, sentAt), what: message.waits(), message }
}

function longer(one: Gap, other: Gap | undefined): Gap {
  return other && lengthOf(other) >= lengthOf(one) ? other : one
}

/** Milliseconds. */
export function lengthOf({ from, to }: Gap): number {
  return to - from
}
