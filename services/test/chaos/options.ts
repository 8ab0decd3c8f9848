/** What a run of chaos does. */
export interface ChaosOptions {
  /** The same seed chooses the same faults and actions again; what runs at the same time is never quite the same. */
  readonly seed: number
  /** The run ends when so many actions were acknowledged and so many faults were made, or after `seconds`. */
  readonly actions: number
  readonly faults: number
  readonly seconds: number
  readonly redis: 'cluster' | 'sentinel'
  readonly apiProcesses: number
  readonly websocketProcesses: number
  readonly rooms: number
  /** Users over WebSocket, each in two rooms, beside those whom each room has of its own. */
  readonly users: number
  /** Actions of each of these that wait for an answer at a time. */
  readonly inFlight: number
  /** Everything is compared after so many seconds, and at the end. */
  readonly roundSeconds: number
}

export interface ChaosProgress {
  readonly acknowledged: number
  readonly faults: number
  readonly seconds: number
}

export interface KindCounts {
  sent: number
  acknowledged: number
  refused: number
}

export interface ChaosOutcome {
  readonly seconds: number
  readonly rounds: number
  /** By kind of action. */
  readonly actions: ReadonlyMap<string, KindCounts>
  /** How many faults of each kind were made. */
  readonly faults: ReadonlyMap<string, number>
  /** Events that clients received and that were compared. */
  readonly deliveries: number
  readonly reconnects: number
}

/** Something that the services promise did not hold. */
export class Contradiction extends Error {
  override readonly name = 'Contradiction'
}
