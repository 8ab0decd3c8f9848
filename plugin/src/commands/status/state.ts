/** The state of an object. */
export interface State {
  readonly is: 'ok' | 'waiting' | 'failed' | 'ending'
  /** The state in a few words; of an object that is not ok, what it waits for. */
  readonly text: string
  /** Since when, as a Kubernetes Time. @default unknown */
  readonly since?: string
}

export function ok(text: string, since?: string): State {
  return { is: 'ok', text, ...(since !== undefined && { since }) }
}
