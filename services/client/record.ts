/** A position in a room. `seq` counts within `epoch`. */
export interface Cursor {
  readonly epoch: number
  readonly seq: number
}

export interface SentMessage {
  readonly room: string
  readonly clientId: string
  /** Absent until the message is acknowledged. */
  acknowledged?: Cursor
}

export interface Delivery extends Cursor {
  readonly room: string
  readonly sender: string
  /** Empty in an event of `chat.v2`. */
  readonly clientId: string
}

/** What one user sent and received, in the order of arrival and with duplicates. */
export interface Record {
  readonly user: string
  /** In the order of the calls of `send`. */
  readonly sent: SentMessage[]
  readonly delivered: Delivery[]
  /** Where each room was joined for the first time. All later events must arrive. */
  readonly joined: Map<string, Cursor>
  reconnects: number
}

/** An empty record. */
export function newRecord(user: string): Record {
  return { user, sent: [], delivered: [], joined: new Map(), reconnects: 0 }
}

/** What became of the messages of all users. */
export interface Counts {
  readonly sent: number
  readonly acknowledged: number
  /** Deliveries of acknowledged messages: at most one for each message and each user in its room. */
  readonly delivered: number
  /** Deliveries that are missing: the message was acknowledged, and the user was in the room. */
  readonly lost: number
  /** Deliveries of a message that the user had received before. */
  readonly duplicated: number
  /** Deliveries after a message that was stored, or sent by the same sender, later. */
  readonly reordered: number
}

/** Compares what all users sent with what each of them received. All records must be of the same epoch. */
export function count(records: readonly Record[]): Counts {
  const sent = records.flatMap((record) => record.sent.map((message) => ({ ...message, sender: record.user })))
  const acknowledged = sent.flatMap(({ acknowledged, ...message }) =>
    acknowledged ? [{ ...message, acknowledged }] : [],
  )
  const clientIds = new Map(
    acknowledged.map((message) => [positionOf(message.room, message.acknowledged), message.clientId]),
  )
  /** The acknowledgement tells whose event it is that says so no more. */
  const named = (delivery: Delivery): Delivery => {
    const position = positionOf(delivery.room, delivery)
    return delivery.clientId === '' ? { ...delivery, clientId: clientIds.get(position) ?? position } : delivery
  }
  const order = new Map(sent.map((message, index) => [keyOf(message), index]))
  let [delivered, lost, duplicated, reordered] = [0, 0, 0, 0]
  for (const record of records) {
    const deliveries = record.delivered.map(named)
    const seen = new Set(deliveries.map(keyOf))
    const expected = acknowledged.filter(({ room, acknowledged }) => {
      const joined = record.joined.get(room)
      return joined !== undefined && acknowledged.seq > joined.seq
    })
    const missing = expected.filter((message) => !seen.has(keyOf(message))).length
    delivered += expected.length - missing
    lost += missing
    duplicated += record.delivered.length - seen.size
    reordered += outOfOrder(deliveries, order)
  }
  return { sent: sent.length, acknowledged: acknowledged.length, delivered, lost, duplicated, reordered }
}

const positionOf = (room: string, { epoch, seq }: Cursor) => `${room}\0${epoch}\0${seq}`

const keyOf = ({ room, sender, clientId }: { room: string; sender: string; clientId: string }) =>
  `${room}\0${sender}\0${clientId}`

/** Counts deliveries with a number below the room's highest so far, or sent before the sender's latest so far. */
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
