import { must } from '@chat-app/testing'

/** Random choices that a seed repeats. */
export class Choice {
  readonly #random: () => number

  /** @param random numbers from 0 to below 1 */
  constructor(random: () => number) {
    this.#random = random
  }

  number(): number {
    return this.#random()
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1))
  }

  of<T>(values: readonly T[]): T {
    return must(this.any(values), 'a value to choose')
  }

  /** Undefined if there is none. */
  any<T>(values: readonly T[]): T | undefined {
    return values[Math.floor(this.#random() * values.length)]
  }

  shuffled<T>(values: readonly T[]): T[] {
    return values
      .map((value) => ({ value, rank: this.#random() }))
      .toSorted((one, other) => one.rank - other.rank)
      .map(({ value }) => value)
  }
}
