/** Where an event stands in a room: seq counts only within its epoch. */
export interface Cursor {
  readonly epoch: number
  readonly seq: number
}

export interface SentMessage {
  readonly room: string
  readonly clientId: string
  /** Undefined until it was acknowledged. */
  acknowledged?: Cursor
}

export interface Delivery extends Cursor {
  readonly room: string
  readonly sender: string
  readonly clientId: string
}

/** What one user sent and received, as it came from the wire: nothing is sorted, and no duplicate removed. */
export interface Record {
  readonly user: string
  /** In the order of the calls of `send`. */
  readonly sent: SentMessage[]
  readonly delivered: Delivery[]
  /** Where each room was joined for the first time: what follows must arrive. */
  readonly joined: Map<string, Cursor>
  reconnects: number
}

export function newRecord(user: string): Record {
  return { user, sent: [], delivered: [], joined: new Map(), reconnects: 0 }
}

export interface Counts {
  readonly sent: number
  readonly acknowledged: number
  /** Of the deliveries that the acknowledged messages call for: one for each user in the room. */
  readonly delivered: number
  /** Acknowledged and not delivered to someone who was in the room. */
  readonly lost: number
  /** Delivered to the same user more than once. */
  readonly duplicated: number
  /** Delivered after something that was stored, or sent by the same sender, later. */
  readonly reordered: number
}

/** Compares what all users sent with what each of them received. Records are expected to be of the same epoch. */
export function count(records: readonly Record[]): Counts {
  const sent = records.flatMap((record) => record.sent.map((message) => ({ ...message, sender: record.user })))
  const acknowledged = sent.filter((message) => message.acknowledged !== undefined)
  const order = new Map(sent.map((message, index) => [keyOf(message), index]))
  let [delivered, lost, duplicated, reordered] = [0, 0, 0, 0]
  for (const record of records) {
    const seen = new Set(record.delivered.map(keyOf))
    const expected = acknowledged.filter(({ room, acknowledged }) => {
      const joined = record.joined.get(room)
      return joined !== undefined && (acknowledged?.seq ?? 0) > joined.seq
    })
    const missing = expected.filter((message) => !seen.has(keyOf(message))).length
    delivered += expected.length - missing
    lost += missing
    duplicated += record.delivered.length - seen.size
    reordered += outOfOrder(record.delivered, order)
  }
  return { sent: sent.length, acknowledged: acknowledged.length, delivered, lost, duplicated, reordered }
}

const keyOf = ({ room, sender, clientId }: { room: string; sender: string; clientId: string }) =>
  `${room}\0${sender}\0${clientId}`

/** Deliveries below the room's highest number so far, or below what the same sender had sent later. */
function outOfOrder(deliveries: readonly Delivery[], order: ReadonlyMap<string, number>): number {
  const highest = new Map<string, number>()
  let found = 0
  for (const delivery of deliveries) {
    const ranks: [string, number][] = [
      [`room\0${delivery.room}`, delivery.epoch * 2 ** 32 + delivery.seq],
      [`sender\0${delivery.room}\0${delivery.sender}`, order.get(keyOf(delivery)) ?? -1],
    ]
    const isLate = ranks.some(([name, rank]) => rank >= 0 && rank < (highest.get(name) ?? -1))
    for (const [name, rank] of ranks) highest.set(name, Math.max(rank, highest.get(name) ?? -1))
    found += isLate ? 1 : 0
  }
  return found
}
