/** A time series in promtool's notation: the name with labels, and the samples. */
export interface Series {
  readonly series: string
  readonly values: string
}

/** Series with which an alert fires and does not fire, close to its threshold. */
export interface Case {
  readonly alert: string
  /** Sets of series with each of which the alert fires. */
  readonly fires: readonly (readonly Series[])[]
  /** Sets of series with each of which it does not fire. */
  readonly quiet: readonly (readonly Series[])[]
  /**
   * Minute at which the condition becomes true. The alert fires after its `for`, and not before.
   *
   * @default 0
   */
  readonly begins?: number
  /**
   * Minute at which the alert is evaluated.
   *
   * @default 20 intervals after it should fire
   */
  readonly at?: number
  /**
   * Minutes between two samples.
   *
   * @default 1
   */
  readonly interval?: number
}

/** Length of a series: more samples than any case needs. */
const SAMPLES = 200

/** A series with a constant value. */
export function constant(series: string, value: number): Series {
  return { series, values: `${value}+0x${SAMPLES}` }
}

/** A counter that grows by `step` with each sample. */
export function counter(series: string, step: number, from = 0): Series {
  return { series, values: `${from}+${step}x${SAMPLES}` }
}

/** A series that changes from `before` to `after` at the sample with index `at`. */
export function step(series: string, { before, after, at }: { before: number; after: number; at: number }): Series {
  return { series, values: `${before}+0x${at - 1} ${after}+0x${SAMPLES}` }
}

/** A case with one value on the firing side of the threshold (`above`) and one on the other (`below`). */
export function around(
  alert: string,
  at: (value: number) => readonly Series[],
  { above, below }: { readonly above: number; readonly below: number },
): Case {
  return { alert, fires: [at(above)], quiet: [at(below)] }
}
