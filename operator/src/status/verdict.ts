/** What a condition says, without its type. */
export interface State {
  readonly status: 'True' | 'False' | 'Unknown'
  /** One word in CamelCase. */
  readonly reason: string
  /** A sentence for a person that names what the ChatApp waits for. */
  readonly message: string
}

/** A condition without its time and generation, which depend on the former status. */
export interface Verdict extends State {
  readonly type: string
}
