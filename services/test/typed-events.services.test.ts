import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '@chat-app/testing'
import { decodeEnvelope, encodeEnvelope } from '../src/fanout/envelope.ts'
import { Subscription } from '../src/connection/subscription.ts'
import type { Reader } from '../src/policy/visible.ts'
import { headerOf, type StoredEvent } from '../src/protocol/events.ts'
import { eventFrame } from '../src/protocol/server-frames.ts'
import { LiveRoom } from '../src/room/live-room.ts'
import { pageAfter, pageBefore } from '../src/room/pages.ts'
import type { Database } from '../src/store/database.ts'
import { Events } from '../src/store/events.ts'
import type { RoomKey } from '../src/store/rooms.ts'
import { addEvents, type NewRow } from './event-rows.ts'
import { openStore, type Store } from './store.ts'

const EPOCH = 1
const READER: Reader = { userId: 7, isStaff: false, fromSeq: 0 }

let store: Store
let events: Events
beforeAll(async () => {
  store = await openStore()
  events = new Events(store.database)
})
afterAll(() => store?.[Symbol.asyncDispose]())

/** A room with these events. @param kind @default group */
async function roomWith(rows: readonly NewRow[], kind = 'group'): Promise<RoomKey> {
  const key = await store.room()
  await store.database.execute('UPDATE rooms SET kind = ?, epoch = ? WHERE id = ?', [kind, EPOCH, key.id])
  await addEvents(store.database, key.id, rows)
  return key
}

describe('a page', () => {
  test('of events has an edit with the present form of its message, and what a recalled one was only as a mark', async () => {
    const { id } = await roomWith([
      { seq: 1, body: 'third', data: { mentions: ['bob'] }, message_no: 1, changed_seq: 4, edited_at: 40 },
      { seq: 2, body: 'left by a fault', message_no: 2, changed_seq: 5, recalled_at: 50 },
      { seq: 3, kind: 'edit', target: 1, changed_seq: 3 },
      { seq: 4, kind: 'edit', target: 1, changed_seq: 4 },
      { seq: 5, kind: 'recall', target: 2, changed_seq: 5 },
      { seq: 6, kind: 'edit', target: 2, changed_seq: 6 },
      { seq: 7, kind: 'expired', target: 2, changed_seq: 7 },
      {
        seq: 8,
        body: 'left by a fault',
        message_no: 3,
        changed_seq: 9,
        expired_at: 90,
        reactions: { x: 2 },
        pinned_at: 8,
      },
      { seq: 9, sender_label: 'The Team', message_no: 4, changed_seq: 9 },
    ])
    const common = { sender: 'alice', at: 1000 }
    const expected = [
      {
        seq: 1,
        kind: 'message',
        body: 'third',
        data: { mentions: ['bob'] },
        messageNo: 1,
        changedSeq: 4,
        editedAt: 40,
      },
      { seq: 2, kind: 'message', body: '', messageNo: 2, changedSeq: 5, recalledAt: 50 },
      { seq: 3, kind: 'edit', body: 'third', data: { mentions: ['bob'] }, target: 1, editedAt: 40 },
      { seq: 4, kind: 'edit', body: 'third', data: { mentions: ['bob'] }, target: 1, editedAt: 40 },
      { seq: 5, kind: 'recall', body: '', target: 2 },
      { seq: 6, kind: 'edit', body: '', target: 2, recalledAt: 50 },
      { seq: 7, kind: 'expired', body: '', target: 2 },
      {
        seq: 8,
        kind: 'message',
        body: '',
        messageNo: 3,
        changedSeq: 9,
        expiredAt: 90,
        reactions: { x: 2 },
        pinnedAt: 8,
      },
      { seq: 9, kind: 'message', body: '', messageNo: 4, senderLabel: 'The Team' },
    ].map((event) => ({ ...common, clientId: `c${event.seq}`, ...event }))
    expect((await events.page(id, 0, 9)).events).toEqual(expected)
    expect(await events.after(id, 0)).toEqual(expected)
    expect(await events.readable(id, 0, 100, READER)).toEqual(expected)
    expect(await events.history(id, 10, 100, READER)).toEqual(expected.filter(({ kind }) => kind === 'message'))
  })

  test('has of an event of the release before the same bytes as that release', async () => {
    const { id } = await roomWith([])
    await store.database.execute(
      `INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at)
       VALUES (?, 1, 'message', 'alice', 'c1', 'hello', 1000)`,
      [id],
    )
    await store.database.execute('UPDATE rooms SET last_seq = 1 WHERE id = ?', [id])
    const [event] = await events.history(id, 2, 10, READER)
    const frame =
      '{"type":"event","room":"r","epoch":1,"seq":1,"kind":"message","sender":"alice","clientId":"c1","body":"hello","at":1000}'
    expect(eventFrame('r', 1, event as StoredEvent).toString()).toBe(frame)
    expect(eventFrame('r', 1, (await events.page(id, 0, 1)).events[0] as StoredEvent).toString()).toBe(frame)
  })

  test('of the history says whether more messages follow that the reader may read, whether or not they have numbers', async () => {
    const kinds = ['message', 'reaction', 'message', 'reaction', 'message', 'message', 'pin', 'message', 'reaction']
    let no = 0
    const rows = kinds.map((kind, index): NewRow => {
      const seq = index + 1
      return kind === 'message'
        ? { seq, kind, message_no: (no += 1), changed_seq: seq }
        : { seq, kind, target: seq - 1, changed_seq: seq }
    })
    const rooms = [
      await roomWith(rows),
      await roomWith(rows.map(({ seq, kind }) => ({ seq, ...(kind && { kind }) }))),
      await roomWith(rows, 'later'),
    ]
    for (const { id: room } of rooms) {
      const page = async (before: number, limit: number, fromSeq = 0) => {
        const found = await pageBefore(events, before, { room, limit, reader: { ...READER, fromSeq } })
        return [...found.events.map(({ seq }) => seq), found.hasMore]
      }
      expect(await page(10, 2)).toEqual([6, 8, true])
      expect(await page(6, 2)).toEqual([3, 5, true])
      expect(await page(3, 2)).toEqual([1, false])
      expect(await page(4, 2)).toEqual([1, 3, false])
      expect(await page(10, 5)).toEqual([1, 3, 5, 6, 8, false])
      expect(await page(10, 2, 6)).toEqual([6, 8, false])
      expect(await page(10, 2, 5)).toEqual([6, 8, true])
      expect(await page(6, 2, 5)).toEqual([5, false])
      expect(await page(1, 2)).toEqual([false])
    }
  })

  test('is as long as it may be, whatever of the room the reader may not read', async () => {
    const rows = [1, 2, 3, 4, 5, 6, 7].map((seq): NewRow => ({ seq, ...(seq % 4 !== 1 && { audience: 'staff' }) }))
    const { id: room } = await roomWith(rows, 'service')
    const page = async (read: typeof pageAfter, from: number) => {
      const found = await read(events, from, { room, limit: 1, reader: READER })
      return [...found.events.map(({ seq }) => seq), found.hasMore]
    }
    expect(await Promise.all([0, 1, 5].map((after) => page(pageAfter, after)))).toEqual([
      [1, true],
      [5, false],
      [false],
    ])
    expect(await Promise.all([8, 5, 1].map((before) => page(pageBefore, before)))).toEqual([
      [5, true],
      [1, false],
      [false],
    ])
  })

  test('of the history reads the messages of a numbered room without what is between them', async () => {
    const rows = Array.from({ length: 3000 }, (_, index): NewRow => {
      const seq = index + 1
      const isMessage = seq === 1 || seq === 2 || seq === 3000
      return {
        seq,
        ...(isMessage ? { message_no: seq === 3000 ? 3 : seq } : { kind: 'reaction', target: 1 }),
        changed_seq: seq,
      }
    })
    const { id } = await roomWith(rows)
    /** How many rows the server read for the first page before the last message. */
    const read = () =>
      store.database.use(async (connection) => {
        const query = async (sql: string, values: unknown[] = []) => (await connection.query(sql, values))[0]
        const count = async () =>
          ((await query("SHOW SESSION STATUS LIKE 'Handler_read%'")) as { Value: string }[]).reduce(
            (sum, { Value }) => sum + Number(Value),
            0,
          )
        const before = await count()
        const page = await new Events({ query } as unknown as Database).history(id, 3000, 50, READER)
        expect(page.map(({ seq }) => seq)).toEqual([1, 2])
        return (await count()) - before
      })
    expect(await read()).toBeLessThan(20)
    await store.database.execute('UPDATE rooms SET numbered_seq = 0 WHERE id = ?', [id])
    expect(await read()).toBeGreaterThan(2990)
  })

  test('of changes has each changed message of the asked ones once, also where one event changed more than a page', async () => {
    const expired = Array.from({ length: 250 }, (_, i): NewRow => ({
      seq: i + 1,
      message_no: i + 1,
      changed_seq: 254,
      expired_at: 1,
    }))
    const { id } = await roomWith([
      ...expired,
      { seq: 251, message_no: 251, changed_seq: 253, edited_at: 1, body: 'edited' },
      { seq: 252, message_no: 252, changed_seq: 252 },
      { seq: 253, kind: 'edit', target: 251, changed_seq: 253 },
      { seq: 254, kind: 'expired', changed_seq: 254 },
      { seq: 255, message_no: 253, changed_seq: 255 },
    ])
    const { events: first, next } = await events.changes(id, 252, 252, READER)
    expect(first[0]).toMatchObject({ seq: 251, body: 'edited', changedSeq: 253 })
    expect(first).toHaveLength(200)
    expect(next).toEqual({ changedSeq: 254, seq: 199 })
    const second = await events.changes(id, 254, 252, READER, 199)
    expect([...first.slice(1), ...second.events].map(({ seq }) => seq)).toEqual(expired.map(({ seq }) => seq))
    expect(second.next).toBeUndefined()
    expect(await events.changes(id, 254, 255, READER)).toEqual({ events: [], next: undefined })
    expect((await events.changes(id, 252, 100, { ...READER, fromSeq: 90 })).events).toHaveLength(11)
  })

  test('of changes looks at a bounded number of messages, of which it says the last one', async () => {
    const { id } = await roomWith([
      ...Array.from({ length: 6000 }, (_, i): NewRow => ({ seq: i + 2, message_no: i + 2, changed_seq: i + 2 })),
      { seq: 1, message_no: 1, changed_seq: 6002, body: 'edited', edited_at: 1 },
      { seq: 6002, kind: 'edit', target: 1, changed_seq: 6002 },
    ])
    expect(await events.changes(id, 0, 1, READER)).toEqual({ events: [], next: { changedSeq: 5001, seq: 5001 } })
    const rest = await events.changes(id, 5001, 1, READER, 5001)
    expect(rest).toMatchObject({ events: [{ seq: 1, body: 'edited' }], next: undefined })
  })
})

const KINDS = ['message', 'edit', 'recall', 'reaction', 'pin', 'member', 'settings', 'expired'] as const
const AUDIENCES = ['all', 'staff', 'user:7'] as const
/** With the audiences that each of them is in. */
const USERS = [
  { userId: 7, isStaff: false, is: ['all', 'user:7'] },
  { userId: 8, isStaff: true, is: ['all', 'staff'] },
  { userId: 9, isStaff: false, is: ['all'] },
]
/** Before the target, which is 2; between it and the event, which is 3; after the event. */
const FIRST_EVENTS = [0, 2, 3, 4]
const WITHOUT_TARGET: ReadonlySet<string> = new Set(['message', 'member', 'settings'])

/** What a reader was sent: all bytes, and which numbers, in order. */
class Sent {
  bytes = ''
  readonly seqs: number[] = []

  frame(payload: Buffer): void {
    this.bytes += payload.toString()
    const { type, from, seq } = JSON.parse(payload.toString()) as { type: string; from?: number; seq: number }
    if (type === 'joined') return
    for (let next = from ?? seq; next <= seq; next += 1) this.seqs.push(next)
  }
}

describe.for(KINDS)('of a kind of events, "%s",', (kind) => {
  test.for(AUDIENCES)(
    'the body goes to those who may read it alone, on every way out, to the audience %s',
    async (audience) => {
      const secret = `secret-${randomBytes(8).toString('hex')}`
      const isText = kind === 'message' || kind === 'edit'
      const data = kind === 'member' ? { user: 'alice', change: 'joined', note: secret } : { note: secret }
      const target = WITHOUT_TARGET.has(kind) ? undefined : 2
      const own: NewRow = { seq: 3, kind, target, audience, changed_seq: 3, ...(isText ? {} : { data }) }
      const isGone = kind === 'recall' || kind === 'expired'
      const key = await roomWith(
        [
          { seq: 1, message_no: 1, changed_seq: 1 },
          {
            seq: 2,
            audience,
            changed_seq: target === undefined ? 2 : 3,
            ...(kind === 'edit' ? { body: secret } : isGone ? { recalled_at: 9 } : {}),
            ...(audience === 'all' && { message_no: 2 }),
          },
          { ...own, ...(kind === 'message' && { body: secret, ...(audience === 'all' && { message_no: 3 }) }) },
          { seq: 4, message_no: 4, changed_seq: 4 },
        ],
        audience === 'all' ? 'group' : 'service',
      )
      /** As they are published, an edit with its text. */
      const live = (await events.after(key.id, 0)).map((event) => {
        const envelope = {
          epoch: EPOCH,
          seq: event.seq,
          frame: eventFrame(key.slug, EPOCH, event),
          header: headerOf(event),
        }
        return decodeEnvelope(encodeEnvelope(envelope))
      })
      const receive = (room: LiveRoom) => {
        for (const envelope of live) if (envelope) room.receive(EPOCH, envelope.seq, envelope.frame, envelope.header)
      }
      const open = (lastSeq: number) =>
        new LiveRoom(
          {
            key,
            read: (after, upTo) => events.page(key.id, after, upTo),
            ringFrames: 100,
            budget: { usedBytes: 0, maxBytes: 1_000_000 },
            raiseEpoch: () => Promise.resolve(false),
            raiseOlderEpoch: () => Promise.resolve(false),
            onError: (error) => expect.fail(String(error)),
          },
          { epoch: EPOCH, lastSeq, last: undefined },
        )
      const join = async (room: LiveRoom, reader: Reader, after?: number): Promise<Sent> => {
        const sent = new Sent()
        const subscription = new Subscription({
          room,
          user: 'bob',
          reader: () => Promise.resolve(reader),
          outlet: {
            isOpen: true,
            isSlow: false,
            drained: () => Promise.resolve(),
            atMost: (bytes) => bytes,
            isShort: false,
            sendEvent: ({ payload }) => sent.frame(payload),
            send: (frame) => sent.frame(Buffer.from(JSON.stringify(frame))),
          },
          events,
          limit: (work) => work(),
          inTurn: (work) => work(),
          lastSeq: () => Promise.resolve(4),
          onStopped: () => undefined,
          onRemoved: () => undefined,
        })
        await subscription.start(after === undefined ? undefined : { epoch: EPOCH, seq: after })
        return sent
      }

      const [fromRedis, fromDatabase, stored] = [open(0), open(0), open(4)]
      const readers = USERS.flatMap(({ is, ...user }) =>
        FIRST_EVENTS.map((fromSeq) => ({ is, reader: { ...user, fromSeq } })),
      )
      const watched = await Promise.all(
        readers.map(async ({ is, reader }) => ({
          is,
          reader,
          live: await join(fromRedis, reader, 0),
          healed: await join(fromDatabase, reader, 0),
        })),
      )
      receive(fromRedis)
      fromDatabase.expect({ epoch: EPOCH, lastSeq: 4, last: undefined }, 0)
      await eventually(() => expect(fromDatabase.head).toBe(4))

      for (const { is, reader, live, healed } of watched) {
        const sees = (seq: number) => is.includes(audience) && reader.fromSeq <= seq
        const numbered = { live, healed, ring: await join(fromRedis, reader, 0), replay: await join(stored, reader, 0) }
        for (const [way, sent] of Object.entries(numbered)) {
          await eventually(() => expect([way, sent.seqs]).toEqual([way, [1, 2, 3, 4]]))
          expect([way, reader, sent.bytes.includes(secret)]).toEqual([way, reader, sees(target ?? 3)])
        }
        const asked = { room: key.id, limit: 10, reader }
        const pages = {
          history: await pageBefore(events, 5, asked),
          after: await pageAfter(events, 0, asked),
          changes: await events.changes(key.id, 0, 4, reader),
        }
        // The text of an edit is that of its message; what other kinds have is in no history.
        const inHistory = isText && sees(target ?? 3)
        expect([reader, JSON.stringify(pages.history).includes(secret)]).toEqual([reader, inHistory])
        expect([reader, JSON.stringify(pages.after).includes(secret)]).toEqual([reader, sees(target ?? 3)])
        expect([reader, JSON.stringify(pages.changes).includes(secret)]).toEqual([reader, kind === 'edit' && sees(2)])
      }
    },
  )
})
