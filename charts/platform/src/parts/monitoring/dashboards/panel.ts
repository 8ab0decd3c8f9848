/** The units of Grafana in use. */
export type Unit = 'short' | 's' | 'bytes' | 'percentunit' | 'ops' | 'bool_yes_no' | 'dtdurations'

export interface Query {
  readonly expr: string
  /** The name of each line, with labels such as {{pod}}. */
  readonly legend: string
}

/** A panel: one or more queries, drawn. */
export interface Panel {
  readonly title: string
  /** `figure`: the newest value; `lines`: values over time; `list`: a table of the newest values. */
  readonly kind: 'figure' | 'lines' | 'list'
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** Values from `from` upwards are bad; with `isBelow`, those below it. @default none */
  readonly bad?: { readonly from: number; readonly isBelow?: boolean }
  /** In columns, of 24. */
  readonly width: number
}

/** A query with the name of its lines. */
export function query(expr: string, legend = ''): Query {
  return { expr, legend }
}

/** Values over time. */
export function lines(title: string, unit: Unit, queries: readonly Query[], bad?: Panel['bad']): Panel {
  return { title, kind: 'lines', unit, queries, width: 8, ...(bad && { bad }) }
}

/** The newest value of a query. */
export function figure(title: string, unit: Unit, expr: string, bad: Panel['bad'], legend = ''): Panel {
  return { title, kind: 'figure', unit, queries: [query(expr, legend)], width: 4, ...(bad && { bad }) }
}

/** A table with one line for each newest value. */
export function list(title: string, queries: readonly Query[], width = 12): Panel {
  return { title, kind: 'list', unit: 'short', queries, width }
}
