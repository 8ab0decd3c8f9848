/** Times that overlap are one, so their number is bounded by the time that they cover. */
class Times {
  readonly #times: { from: number; to: number }[] = []

  add(from: number, to: number): void {
    if (to <= from) return
    const overlapping = this.#times.filter((time) => time.from <= to && time.to >= from)
    for (const time of overlapping) this.#times.splice(this.#times.indexOf(time), 1)
    this.#times.push({
      from: Math.min(from, ...overlapping.map((time) => time.from)),
      to: Math.max(to, ...overlapping.map((time) => time.to)),
    })
  }

  overlapMs(from: number, to: number): number {
    return this.#times.reduce((sum, time) => sum + Math.max(Math.min(time.to, to) - Math.max(time.from, from), 0), 0)
  }
}

/** When something else than the release delayed messages. All times are milliseconds of one monotonic clock. */
export class Excuses {
  readonly #all = new Times()
  readonly #causes = new Map<string, Times>()
  readonly #symptoms = new Set<string>()

  /**
   * @param cause such as "the database did not answer"
   * @param isSymptom whether it must have another cause, which is named instead where it is known for half of the time
   */
  add(cause: string, from: number, to: number, isSymptom = false): void {
    this.#all.add(from, to)
    if (isSymptom) this.#symptoms.add(cause)
    const times = this.#causes.get(cause) ?? new Times()
    this.#causes.set(cause, times)
    times.add(from, to)
  }

  /** How much of a time is excused. */
  overlapMs(from: number, to: number): number {
    return this.#all.overlapMs(from, to)
  }

  /** The cause that excuses most of a time; undefined if none excuses any of it. */
  cause(from: number, to: number): string | undefined {
    const overlaps = [...this.#causes].map(([cause, times]) => {
      const ms = times.overlapMs(from, to)
      return { cause, ms: this.#symptoms.has(cause) ? ms / 2 : ms }
    })
    return overlaps.filter(({ ms }) => ms > 0).sort((a, b) => b.ms - a.ms)[0]?.cause
  }
}
