import { describe, expect, test } from 'vitest'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Reader } from '../policy/visible.ts'
import { headerOf, type StoredEvent } from '../protocol/events.ts'
import { eventFrame } from '../protocol/server-frames.ts'
import { LiveRoom } from '../room/live-room.ts'
import { Subscription } from './subscription.ts'

const EPOCH = 7
const message = (seq: number, fields: Partial<StoredEvent> = {}): StoredEvent => ({
  seq,
  kind: 'message',
  sender: 'alice',
  clientId: `c${seq}`,
  body: `body ${seq}`,
  at: 1,
  ...fields,
})
const note = (seq: number) => message(seq, { audience: 'staff' })
const member = (seq: number, user: string, change: string) =>
  message(seq, { kind: 'member', body: '', data: { user, change } })

const BOB: Reader = { userId: 8, isStaff: false, fromSeq: 0 }

/** A room whose events up to `head` are in the database alone. */
function open(stored: readonly StoredEvent[] = [], head = stored.at(-1)?.seq ?? 0) {
  const page = (after: number, upTo: number) =>
    Promise.resolve({ lastSeq: head, events: stored.filter(({ seq }) => seq > after && seq <= upTo) })
  const changed: string[] = []
  const room = new LiveRoom(
    {
      key: { id: 1, slug: 'kitchen', channel: 'c' },
      read: page,
      ringFrames: 100,
      budget: { usedBytes: 0, maxBytes: 1_000_000 },
      raiseEpoch: () => Promise.resolve(false),
      raiseOlderEpoch: () => Promise.resolve(false),
      onMember: ({ user }) => changed.push(user),
    },
    { epoch: EPOCH, lastSeq: head, last: undefined },
  )
  const receive = (...events: StoredEvent[]) => {
    for (const event of events) room.receive(EPOCH, event.seq, eventFrame('kitchen', EPOCH, event), headerOf(event))
  }
  return { room, receive, changed, events: { page: (_room: number, a: number, b: number) => page(a, b) } }
}

/** A subscription of a user named bob. Of an event its number is told, of another frame its numbers. */
function subscribe(
  { room, events }: Pick<ReturnType<typeof open>, 'room' | 'events'>,
  {
    reader = BOB,
    ...given
  }: { reader?: Reader; asked?: () => Promise<Reader>; drained?: () => Promise<void>; isShort?: boolean } = {},
) {
  const told: unknown[] = []
  const sent: unknown[] = []
  const note = ({ type, seq, from, truncatedAt, reset }: Record<string, unknown>) =>
    told.push(
      type === 'event'
        ? seq
        : {
            type,
            seq,
            ...(from !== undefined && { from }),
            ...((truncatedAt ?? reset) !== undefined && { truncatedAt, reset }),
          },
    )
  const ended: string[] = []
  const subscription = new Subscription({
    room,
    user: 'bob',
    reader: given.asked ?? (() => Promise.resolve(reader)),
    outlet: {
      isOpen: true,
      isSlow: false,
      drained: given.drained ?? (() => Promise.resolve()),
      atMost: (bytes) => bytes,
      isShort: given.isShort ?? false,
      sendEvent: ({ payload }) => note(JSON.parse(payload.toString()) as Record<string, unknown>),
      send: (frame) => {
        sent.push(frame)
        note(frame as unknown as Record<string, unknown>)
      },
    },
    events,
    limit: (work) => work(),
    inTurn: (work) => work(),
    lastSeq: () => Promise.resolve(room.head),
    onStopped: () => ended.push('stopped'),
    onRemoved: () => ended.push('removed'),
  })
  const start = async (after?: number) => {
    await subscription.start(after === undefined ? undefined : { epoch: EPOCH, seq: after })
    await nextTurn()
  }
  return { subscription, start, told, sent, ended }
}

describe('of events that its user may not read, a subscription tells the numbers:', () => {
  test('of neighbours that arrive in one turn as one range, before the next event', async () => {
    const opened = open()
    const { start, told } = subscribe(opened)
    await start()
    opened.receive(message(1), note(2), note(3), message(4), note(5))
    expect(told.slice(1)).toEqual([1, { type: 'skipped', from: 2, seq: 3 }, 4])
    await nextTurn()
    expect(told.slice(4)).toEqual([{ type: 'skipped', from: 5, seq: 5 }])
    opened.receive(note(6))
    await nextTurn()
    expect(told.slice(5)).toEqual([{ type: 'skipped', from: 6, seq: 6 }])
  })

  test('of those that it missed, from memory', async () => {
    const opened = open()
    opened.receive(message(1), note(2), message(3), note(4), note(5))
    const { start, told } = subscribe(opened)
    await start(1)
    expect(told).toEqual([
      { type: 'joined', seq: 5 },
      { type: 'skipped', from: 2, seq: 2 },
      3,
      { type: 'skipped', from: 4, seq: 5 },
    ])
  })

  test('of many that it missed, from several pages of the database, as one range', async () => {
    const opened = open([message(1), ...Array.from({ length: 500 }, (_, i) => note(i + 2)), message(502)])
    const { start, told } = subscribe(opened)
    await start(0)
    expect(told).toEqual([{ type: 'joined', seq: 502 }, 1, { type: 'skipped', from: 2, seq: 501 }, 502])
  })

  test('up to the first event of a member, which are not read from the database', async () => {
    const opened = open([3, 4, 5].map((seq) => message(seq)))
    const { start, told } = subscribe(opened, { reader: { ...BOB, fromSeq: 4 } })
    await start(1)
    expect(told).toEqual([{ type: 'joined', seq: 5 }, { type: 'skipped', from: 2, seq: 3 }, 4, 5])
  })

  test('up to the first event of a member, although this process has not heard of it', async () => {
    const opened = open([], 2)
    const joins = [undefined, 1].map((after) => ({ after, ...subscribe(opened, { reader: { ...BOB, fromSeq: 5 } }) }))
    for (const { start, after } of joins) await start(after)
    opened.receive(message(3), message(4), message(5))
    expect(joins[0]?.told).toEqual([{ type: 'joined', seq: 4 }, 5])
    expect(joins[1]?.told).toEqual([{ type: 'joined', seq: 4 }, { type: 'skipped', from: 2, seq: 4 }, 5])
  })

  test('of changes to what is from before the first event of a member', async () => {
    const opened = open([], 4)
    const { start, told } = subscribe(opened, { reader: { ...BOB, fromSeq: 5 } })
    await start()
    const edit = (seq: number, target: number) => message(seq, { kind: 'edit', target })
    opened.receive(message(5), edit(6, 4), edit(7, 5))
    expect(told.slice(1)).toEqual([5, { type: 'skipped', from: 6, seq: 6 }, 7])
  })
})

test.for([true, false])(
  'the answer to a join has the number of the room only for a client that needs it: %s',
  async (isShort) => {
    const opened = open()
    const { start, sent } = subscribe(opened, { isShort })
    await start()
    expect(sent[0]).toEqual({
      type: 'joined',
      room: 'kitchen',
      epoch: EPOCH,
      seq: 0,
      ...(isShort && { r: opened.room.number }),
    })
  },
)

describe('a user who is removed', () => {
  test.for(['removed', 'left'])('(%s) hears neither the event nor a later one of the same turn', async (change) => {
    const opened = open()
    const [bob, carol] = [subscribe(opened), subscribe(opened)]
    Object.assign(carol.subscription, { user: 'carol' })
    await Promise.all([bob.start(), carol.start()])
    opened.receive(message(1), member(3, 'bob', change), message(4), message(2))
    await nextTurn()
    expect(bob.told.slice(1)).toEqual([1, 2, { type: 'removed', seq: 3 }])
    expect(bob.ended).toEqual(['stopped', 'removed'])
    expect(carol.told.slice(1)).toEqual([1, 2, 3, 4])
    expect(opened.changed).toEqual(['bob'])
    expect(opened.room.size).toBe(1)
  })

  test('while the missed events are replayed hears no more of them', async () => {
    const opened = open([message(1), message(2)])
    const ready = Promise.withResolvers<void>()
    const events = {
      page: async (...range: Parameters<typeof opened.events.page>) => {
        const { lastSeq, events } = await opened.events.page(...range)
        return { lastSeq, events: events.slice(0, 1) }
      },
    }
    const { start, told, ended } = subscribe({ ...opened, events }, { drained: () => ready.promise })
    await start(0)
    opened.receive(member(3, 'bob', 'removed'))
    ready.resolve()
    await nextTurn()
    expect(told).toEqual([{ type: 'joined', seq: 2 }, 1, { type: 'removed', seq: 3 }])
    expect(ended).toEqual(['stopped', 'removed'])
  })

  test('while the membership is looked up is refused', async () => {
    const opened = open([message(1)])
    const found = Promise.withResolvers<Reader>()
    const { subscription, told } = subscribe(opened, { asked: () => found.promise })
    const started = subscription.start(undefined)
    opened.receive(member(2, 'bob', 'removed'))
    found.resolve(BOB)
    await expect(started).rejects.toMatchObject({ code: 'forbidden' })
    opened.receive(message(3))
    expect(told).toEqual([])
  })

  test('and became a member again replays both as events', async () => {
    const opened = open([member(1, 'bob', 'removed'), member(2, 'bob', 'joined')])
    const { start, told } = subscribe(opened)
    await start(0)
    opened.receive(member(3, 'alice', 'removed'), member(4, 'bob', 'muted'))
    expect(told).toEqual([{ type: 'joined', seq: 2 }, 1, 2, 3, 4])
    expect(opened.changed).toEqual(['alice', 'bob'])
  })
})
