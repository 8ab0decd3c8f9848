/** A condition without its time and generation, which depend on the former status. */
export interface Verdict {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  /** One word in CamelCase. */
  readonly reason: string
  /** A sentence for a person that names what the ChatApp waits for. */
  readonly message: string
}
