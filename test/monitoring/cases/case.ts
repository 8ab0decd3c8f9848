/** A time series as promtool writes it: its name with labels, and its samples. */
export interface Series {
  readonly series: string
  readonly values: string
}

/** When an alert fires and when it does not, each as near to its threshold as makes sense. */
export interface Case {
  readonly alert: string
  /** Series with which it fires, in each of these ways. */
  readonly fires: readonly (readonly Series[])[]
  /** Series with which it does not. */
  readonly quiet: readonly (readonly Series[])[]
  /** When, in minutes, the condition begins to hold; it fires no sooner than its `for` after that. @default 0 */
  readonly begins?: number
  /** When, in minutes, it is looked at. @default 20 minutes after it should fire */
  readonly at?: number
  /** Minutes between two samples. @default 1 */
  readonly interval?: number
}

/** So many samples that every case ends before them. */
const samples = 200

/** A series that stays the same. */
export function constant(series: string, value: number): Series {
  return { series, values: `${value}+0x${samples}` }
}

/** A counter that grows by `step` with each sample. */
export function counter(series: string, step: number, from = 0): Series {
  return { series, values: `${from}+${step}x${samples}` }
}

/** A series that is `before` for some samples and `after` from then on. */
export function step(series: string, { before, after, at }: { before: number; after: number; at: number }): Series {
  return { series, values: `${before}+0x${at - 1} ${after}+0x${samples}` }
}

/** One value over a limit, and the same just below it. */
export function around(
  alert: string,
  at: (value: number) => readonly Series[],
  { above, below }: { readonly above: number; readonly below: number },
): Case {
  return { alert, fires: [at(above)], quiet: [at(below)] }
}
