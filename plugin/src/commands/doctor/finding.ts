export type Level = 'ok' | 'warning' | 'error' | 'skipped'

/** One result of a check. */
export interface Finding {
  readonly level: Level
  /** What was found, in one word for programs. */
  readonly reason: string
  /** The object or the field that it is about. */
  readonly where: string
  readonly what: string
  /** What follows from it. */
  readonly why?: string
  /** What to do. */
  readonly fix?: string
}

/** The findings of one check. */
export interface Checked {
  readonly check: string
  readonly findings: readonly Finding[]
}

interface Fault {
  readonly reason: string
  readonly where: string
  readonly what: string
  readonly why: string
  readonly fix: string
}

export function ok(where: string, what: string): Finding {
  return { level: 'ok', reason: 'OK', where, what }
}

/** What was not checked, and why. */
export function skipped(where: string, what: string): Finding {
  return { level: 'skipped', reason: 'Skipped', where, what }
}

/** What does not work. */
export function error(fault: Fault): Finding {
  return { level: 'error', ...fault }
}

/** What works, and not as it should. */
export function warning(fault: Fault): Finding {
  return { level: 'warning', ...fault }
}
