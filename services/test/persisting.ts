import { must } from '@chat-app/testing'
import type { Pool, PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { Kinds } from '../src/kinds/kinds.ts'
import type { BatchContext } from '../src/store/batch.ts'
import type { Row } from '../src/store/database.ts'
import { Features } from '../src/store/features.ts'
import type { NewEvent } from '../src/store/new-event.ts'
import { openPool } from '../src/store/pool.ts'
import { NOW_MS } from '../src/store/sql.ts'
import { Writer } from '../src/store/writer.ts'
import { openStore, type Store } from './store.ts'

/** How the messages are stored. `batches` is what the services do. */
export const WAYS = ['batches', 'without rules', 'one a transaction', 'bare inserts'] as const
export type Way = (typeof WAYS)[number]

const ROOMS = 200
const MEMBERS = 20
const CONNECTIONS = 16
const BODY = 'x'.repeat(100)

interface Room {
  readonly id: number
  readonly members: readonly string[]
}

type Append = (event: NewEvent) => Promise<unknown>

/** Messages of the members of many rooms, stored in several ways in one database. */
export class Persisting implements AsyncDisposable {
  readonly #store: Store
  readonly #pool: Pool
  readonly #rooms: readonly Room[]
  readonly #ways: Readonly<Record<Way, Append>>
  readonly #writer: Writer
  #sent = 0
  #inserted = 0

  private constructor(store: Store, pool: Pool, rooms: readonly Room[], context: BatchContext) {
    this.#store = store
    this.#pool = pool
    this.#rooms = rooms
    this.#writer = new Writer(store.database, { context: () => context })
    const withoutRules = new Writer(store.database, { context: () => ({ hashKey: context.hashKey }) })
    this.#ways = {
      batches: (event) => this.#writer.append(event),
      'without rules': (event) => withoutRules.append(event),
      'one a transaction': (event) => this.#lend((connection) => storeByHand(connection, event)),
      'bare inserts': (event) => this.#lend((connection) => insertBare(connection, event, (this.#inserted += 1))),
    }
  }

  static async open(): Promise<Persisting> {
    const store = await openStore()
    const features = new Features(store.database)
    await features.load()
    const rooms = await addRooms(store)
    const pool = openPool({ url: store.mariaDb.url, maxConnections: CONNECTIONS })
    return new Persisting(store, pool, rooms, { rules: new Kinds(), hashKey: must(features.hashKey, 'the key') })
  }

  /** Messages in a second, while so many wait to be stored at any time. */
  async rate(way: Way, { waiting, ms }: { readonly waiting: number; readonly ms: number }): Promise<number> {
    const startedAtMs = performance.now()
    let stored = 0
    const sender = async () => {
      while (performance.now() - startedAtMs < ms) {
        await this.#ways[way](this.#message())
        stored += 1
      }
    }
    await Promise.all(Array.from({ length: waiting }, sender))
    return (stored * 1000) / (performance.now() - startedAtMs)
  }

  /** The milliseconds that each of some messages takes while nothing else happens. */
  async idle(messages: number): Promise<number[]> {
    return timed(messages, () => this.#writer.append(this.#message()))
  }

  /** The same with the statements of a message alone, written by hand. */
  async byHand(messages: number): Promise<number[]> {
    const connection = await this.#pool.getConnection()
    const took = await timed(messages, () => storeByHand(connection, this.#message()))
    connection.release()
    return took
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end()
    await this.#store[Symbol.asyncDispose]()
  }

  #message(): NewEvent {
    this.#sent += 1
    const room = anyOf(this.#rooms)
    return { room: room.id, kind: 'message', sender: anyOf(room.members), clientId: `c${this.#sent}`, body: BODY }
  }

  async #lend<T>(work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    const connection = await this.#pool.getConnection()
    try {
      return await work(connection)
    } finally {
      connection.release()
    }
  }
}

const anyOf = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T

async function timed(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  for (let i = 0; i < count; i += 1) {
    const startedAtMs = performance.now()
    await work()
    took.push(performance.now() - startedAtMs)
  }
  return took
}

async function addRooms(store: Store): Promise<Room[]> {
  const names = Array.from({ length: ROOMS * MEMBERS }, (_, i) => `member${i}`)
  await store.addUsers(...names)
  const rooms = []
  for (let i = 0; i < ROOMS; i += 1) {
    const { id } = await store.room()
    rooms.push({ id, members: names.slice(i * MEMBERS, (i + 1) * MEMBERS) })
  }
  const members = rooms.flatMap(({ id, members: group }) => group.map((name) => [id, name, 1]))
  await store.database.execute('INSERT INTO memberships (room, member, joined_at) VALUES ?', [members])
  return rooms
}

const INSERT = `INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at, sender_id, audience,
  message_no, changed_seq) VALUES (?)`
/** Above the numbers that the rooms get otherwise. */
const BARE_SEQ = 1e12

async function insertBare(connection: PoolConnection, event: NewEvent, number: number): Promise<void> {
  const { room, kind, sender, clientId, body } = event
  const seq = BARE_SEQ + number
  await connection.query(INSERT, [[room, seq, kind, sender, clientId, body, 1, 1, 'all', seq, seq]])
}

type Locked = Row & { last_seq: number; last_message_no: number; now: number }

/** What a message needs, in the plainest form: its room, who sends it, its row, the room's counters. */
async function storeByHand(connection: PoolConnection, event: NewEvent): Promise<void> {
  const { room, kind, sender, clientId, body } = event
  await connection.query('START TRANSACTION')
  const [rooms] = await connection.query<Locked[]>(
    `SELECT id, epoch, last_seq, last_message_no, numbered_seq, changed_at, ${NOW_MS} AS now, kind, join_rule, post_rule,
       history_rule, ended_at FROM rooms WHERE id = ? FOR UPDATE`,
    [room],
  )
  const [members] = await connection.query<(Row & { id: number })[]>(
    `SELECT users.id, users.role, users.kind, users.banned_until, users.deleted_at, memberships.role AS room_role,
       memberships.muted_until, memberships.from_seq
     FROM memberships JOIN users ON users.name = memberships.member WHERE room = ? AND member = ?`,
    [room, sender],
  )
  const { last_seq: lastSeq, last_message_no: lastNo, now } = must(rooms[0], 'the room')
  const { id } = must(members[0], 'the member')
  const seq = lastSeq + 1
  await connection.query(INSERT, [[room, seq, kind, sender, clientId, body, now, id, 'all', lastNo + 1, seq]])
  await connection.query<ResultSetHeader>(
    'UPDATE rooms SET last_seq = ?, last_message_no = ?, numbered_seq = ?, changed_at = ? WHERE id = ?',
    [seq, lastNo + 1, seq, now, room],
  )
  await connection.query('COMMIT')
}
