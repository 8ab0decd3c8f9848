/** The units of Grafana that we use. */
export type Unit = 'short' | 's' | 'bytes' | 'percentunit' | 'ops' | 'bool_yes_no' | 'dtdurations'

export interface Query {
  readonly expr: string
  /** Name of each line, with labels such as {{pod}}. */
  readonly legend: string
}

/** A picture of some queries. */
export interface Panel {
  readonly title: string
  /** One figure, lines over time, or a list of what there is now. */
  readonly kind: 'figure' | 'lines' | 'list'
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** From where on a value is bad: from below, or, where `good` is above it, from above. @default none */
  readonly bad?: { readonly from: number; readonly isBelow?: boolean }
  /** Of the 24 columns. */
  readonly width: number
}

/** A query with the name of its lines. */
export function query(expr: string, legend = ''): Query {
  return { expr, legend }
}

/** Lines over time. */
export function lines(title: string, unit: Unit, queries: readonly Query[], bad?: Panel['bad']): Panel {
  return { title, kind: 'lines', unit, queries, width: 8, ...(bad && { bad }) }
}

/** The newest value as one figure. */
export function figure(title: string, unit: Unit, expr: string, bad: Panel['bad'], legend = ''): Panel {
  return { title, kind: 'figure', unit, queries: [query(expr, legend)], width: 4, ...(bad && { bad }) }
}

/** What a query finds now, one line for each. */
export function list(title: string, queries: readonly Query[], width = 12): Panel {
  return { title, kind: 'list', unit: 'short', queries, width }
}
