import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import type { Policy } from '../policy/policy.ts'
import type { Account, Member } from '../policy/types.ts'
import { auditInRoom, type RoomAct } from '../store/audit.ts'
import type { EventRow } from '../store/event-rows.ts'
import { chunked, updateEvents } from '../store/event-rows.ts'
import { emptyMessages, type Expiring } from '../store/expiry.ts'
import { statement } from '../store/database.ts'
import { countReaction } from '../store/reaction-counts.ts'
import { requestHash, storedRequest } from '../store/request-hash.ts'

/** A user as the rules see them, in one room. */
export interface Person {
  /** Undefined if nobody has this name. */
  readonly account: Account | undefined
  /** Undefined for a user who is not a member. A later event of the batch sees what an earlier one changed. */
  member: Member | undefined
  isInvited: boolean
}

/** Somebody who is a member. */
export type MemberPerson = Person & { readonly account: Account; readonly member: Member }

/** What a membership becomes. */
export interface MemberRow {
  readonly room: number
  readonly user: Account
  readonly member: Member
  readonly joinedAt: number
  /** Where the member has read up to, if the membership is new. */
  readonly readSeq: number
  readonly readNo: number
}

/** The columns of `rooms` that an event of kind `settings` changes. */
export type RoomColumns = Readonly<Record<string, string | number | null>>

export interface InboxEntry {
  readonly user: number
  readonly kind: 'room' | 'removed'
  readonly room: number
  readonly seq: number
}

type Message = readonly [room: number, seq: number]

/** What the events of a batch read and change, in the order of the events. It is written at the end. */
export class BatchState {
  readonly #people = new Map<string, Person>()
  readonly #rows = new Map<string, EventRow>()
  /** The reactions of this batch's senders that exist. */
  readonly #reactions = new Set<string>()
  readonly #edits = new Map<string, number>()
  readonly #members = new Map<number, number>()
  readonly #isNew = new Set<EventRow>()
  /** With the properties that were changed. */
  readonly #changed = new Map<EventRow, Set<string>>()
  /** The rows whose text is known. */
  readonly #hasText = new Set<EventRow>()
  readonly #hashKey: Buffer | undefined
  readonly #formerTexts: [room: number, seq: number, editSeq: number, body: string, data: string | null][] = []
  readonly #emptied: Message[] = []
  readonly #memberRows = new Map<string, MemberRow | { readonly room: number; readonly name: string }>()
  readonly #settledInvitations: [room: number, user: number][] = []
  readonly #mentions: [user: number, room: number, seq: number, at: number][] = []
  readonly #reactionChanges = new Map<string, { isAdded: boolean; row: readonly unknown[] }>()
  readonly #expired: { readonly range: Expiring; readonly by: { readonly at: number; readonly seq: number } }[] = []
  readonly #settings: { room: number; columns: RoomColumns }[] = []
  readonly #inbox = new Map<string, InboxEntry>()
  readonly #shutPeers = new Set<string>()
  readonly #blocks = new Set<string>()
  readonly #told = new Map<number, readonly number[]>()
  readonly policy: Policy

  readonly #acts = new Map<string, RoomAct>()

  constructor(policy: Policy, hashKey?: Buffer) {
    this.policy = policy
    this.#hashKey = hashKey
  }

  addPerson(room: number, name: string, person: Person): void {
    this.#people.set(`${room}\0${name}`, person)
  }

  person(room: number, name: string): Person {
    return this.#people.get(`${room}\0${name}`) ?? { account: undefined, member: undefined, isInvited: false }
  }

  /** Those of the room who own it, of the people that were loaded. */
  owners(room: number): MemberPerson[] {
    return [...this.#people]
      .filter(([at]) => at.startsWith(`${room}\0`))
      .flatMap(([, { account, member, isInvited }]) =>
        account && member?.role === 'owner' ? [{ account, member, isInvited }] : [],
      )
  }

  /** @param name of the one whom the other one of the direct room does not hear */
  addShutPeer(room: number, name: string): void {
    this.#shutPeers.add(`${room}\0${name}`)
  }

  isPeerShut(room: number, name: string): boolean {
    return this.#shutPeers.has(`${room}\0${name}`)
  }

  /** One of two users has blocked the other. */
  addBlock(one: number, other: number): void {
    this.#blocks.add(`${one}\0${other}`).add(`${other}\0${one}`)
  }

  isBlock(one: number, other: number): boolean {
    return this.#blocks.has(`${one}\0${other}`)
  }

  /** The members of a room who are told of new settings, by id. */
  setTold(room: number, users: readonly number[]): void {
    this.#told.set(room, users)
  }

  told(room: number): readonly number[] {
    return this.#told.get(room) ?? []
  }

  /** Adds an entry to an inbox. Of several that say the same of a room the last one stays. */
  tell(entry: InboxEntry): void {
    const key = `${entry.user}\0${entry.room}\0${entry.kind}`
    // The entries of a user keep their order.
    this.#inbox.delete(key)
    this.#inbox.set(key, entry)
  }

  get inbox(): readonly InboxEntry[] {
    return [...this.#inbox.values()]
  }

  /** An administrator of the system does what the own role in the room does not allow. */
  audit(act: RoomAct): void {
    this.#acts.set(`${act.room}\0${act.seq}`, act)
  }

  /** The event was refused. */
  forgetAct(room: number, seq: number): void {
    this.#acts.delete(`${room}\0${seq}`)
  }

  addRow(row: EventRow, isNew: boolean): void {
    this.#rows.set(`${row.room}\0${row.seq}`, row)
    if (isNew) this.#isNew.add(row)
  }

  addText(room: number, seq: number, text: Pick<EventRow, 'body' | 'data'>): void {
    const row = this.row(room, seq)
    if (!row) return
    Object.assign(row, text)
    this.#hasText.add(row)
  }

  row(room: number, seq: number): EventRow | undefined {
    return this.#rows.get(`${room}\0${seq}`)
  }

  /** The row was changed. One of this batch is inserted as it is at the end. */
  change(row: EventRow, changes: Partial<EventRow>): void {
    if ('body' in changes) this.#hash(row)
    Object.assign(row, changes)
    if (!this.#isNew.has(row)) this.#noteChange(row, Object.keys(changes))
  }

  /** A message of the release before has no hash. Its text tells a repeat, so it is hashed before it changes. */
  #hash(row: EventRow): void {
    if (!this.#hashKey || !this.#hasText.has(row) || row.requestHash !== null || row.editedAt !== null) return
    row.requestHash = requestHash(this.#hashKey, storedRequest(row))
    this.#noteChange(row, ['requestHash'])
  }

  #noteChange(row: EventRow, names: readonly string[]): void {
    this.#changed.set(row, (this.#changed.get(row) ?? new Set()).union(new Set(names)))
  }

  setEdits(room: number, seq: number, count: number): void {
    this.#edits.set(`${room}\0${seq}`, count)
  }

  edits(room: number, seq: number): number {
    return this.#edits.get(`${room}\0${seq}`) ?? 0
  }

  keepFormerText({ room, seq, body, data }: EventRow, editSeq: number): void {
    this.#formerTexts.push([room, seq, editSeq, body, data === null ? null : JSON.stringify(data)])
    this.setEdits(room, seq, this.edits(room, seq) + 1)
  }

  /** Nothing of the message's body is kept. */
  empty(row: EventRow, recalledAt: number, changedSeq: number): void {
    this.change(row, { body: '', data: null, reactions: null, pinnedAt: null, changedSeq, recalledAt })
    this.#emptied.push([row.room, row.seq])
  }

  setMembers(room: number, count: number): void {
    this.#members.set(room, count)
  }

  /** Of a room that was counted: at least 2 if there are. */
  members(room: number): number {
    return this.#members.get(room) ?? 0
  }

  putMember(row: MemberRow): void {
    const person = this.person(row.room, row.user.name)
    if (!person.member) this.setMembers(row.room, this.members(row.room) + 1)
    person.member = row.member
    this.#memberRows.set(`${row.room}\0${row.user.name}`, row)
  }

  removeMember(room: number, name: string): void {
    this.person(room, name).member = undefined
    this.setMembers(room, this.members(room) - 1)
    this.#memberRows.set(`${room}\0${name}`, { room, name })
  }

  settleInvitation(room: number, { name, userId }: Account): void {
    this.person(room, name).isInvited = false
    this.#settledInvitations.push([room, userId])
  }

  /** @param user by id; 0 for everyone in the room */
  mention(user: number, { room, seq, at }: { readonly room: number; readonly seq: number; readonly at: number }): void {
    this.#mentions.push([user, room, seq, at])
  }

  addReaction(room: number, seq: number, reaction: string, user: number): void {
    this.#reactions.add(`${room}\0${seq}\0${reaction}\0${user}`)
  }

  hasReaction(room: number, seq: number, reaction: string, user: number): boolean {
    return this.#reactions.has(`${room}\0${seq}\0${reaction}\0${user}`)
  }

  changeReaction(row: EventRow, { reaction, user, isAdded, seq }: ReactionChange): void {
    const key = `${row.room}\0${row.seq}\0${reaction}\0${user}`
    if (isAdded) this.#reactions.add(key)
    else this.#reactions.delete(key)
    this.#reactionChanges.set(key, { isAdded, row: [row.room, row.seq, reaction, user, row.at] })
    this.change(row, { reactions: countReaction(row.reactions, reaction, isAdded ? 1 : -1), changedSeq: seq })
  }

  /** Nothing of the bodies up to an event is kept. @param by the event that says so */
  expire(range: Expiring, by: { readonly at: number; readonly seq: number }): void {
    this.#expired.push({ range, by })
  }

  changeRoom(room: number, columns: RoomColumns): void {
    this.#settings.push({ room, columns })
  }

  async write(connection: PoolConnection): Promise<void> {
    await updateEvents(connection, this.#changed)
    const run = async (sql: string, values: readonly unknown[]) => statement<ResultSetHeader>(connection, sql, values)
    for (const texts of chunked(this.#formerTexts, ([, , , body, data]) => body.length + (data?.length ?? 0)))
      await run('INSERT IGNORE INTO former_texts (room, seq, edit_seq, body, data) VALUES ?', [texts])
    await this.#writeReactions(run)
    if (this.#mentions.length > 0)
      await run('INSERT IGNORE INTO mentions (user, room, seq, created_at) VALUES ?', [this.#mentions])
    // After what was added in this batch.
    if (this.#emptied.length > 0) {
      for (const table of ['former_texts', 'reactions', 'mentions'])
        await run(
          `DELETE FROM ${table} WHERE ${this.#emptied.map(() => '(room = ? AND seq = ?)').join(' OR ')}`,
          this.#emptied.flat(),
        )
    }
    for (const { range, by } of this.#expired) await emptyMessages(connection, range, { ...by, hashKey: this.#hashKey })
    await this.#writeMembers(run)
    for (const act of this.#acts.values()) await auditInRoom(connection, act)
    for (const { room, columns } of this.#settings) {
      const names = Object.keys(columns)
      await run(`UPDATE rooms SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`, [
        ...Object.values(columns),
        room,
      ])
    }
  }

  async #writeReactions(run: Run): Promise<void> {
    const changes = [...this.#reactionChanges.values()]
    const added = changes.filter(({ isAdded }) => isAdded).map(({ row }) => row)
    const removed = changes.filter(({ isAdded }) => !isAdded).map(({ row }) => row.slice(0, 4))
    if (added.length > 0)
      await run('INSERT IGNORE INTO reactions (room, seq, reaction, user, created_at) VALUES ?', [added])
    if (removed.length > 0) {
      const each = removed.map(() => '(room = ? AND seq = ? AND reaction = ? AND user = ?)').join(' OR ')
      await run(`DELETE FROM reactions WHERE ${each}`, removed.flat())
    }
  }

  async #writeMembers(run: Run): Promise<void> {
    const changes = [...this.#memberRows.values()]
    const put = changes.filter((change): change is MemberRow => 'member' in change)
    const removed = changes.filter((change): change is { room: number; name: string } => 'name' in change)
    if (put.length > 0) {
      await run(
        `INSERT INTO memberships (room, member, user, joined_at, role, muted_until, from_seq, read_seq, read_no)
         VALUES ? ON DUPLICATE KEY UPDATE user = VALUES(user), role = VALUES(role), muted_until = VALUES(muted_until)`,
        [put.map(toValues)],
      )
    }
    if (removed.length > 0)
      await run(
        `DELETE FROM memberships WHERE ${removed.map(() => '(room = ? AND member = ?)').join(' OR ')}`,
        removed.flatMap(({ room, name }) => [room, name]),
      )
    if (this.#settledInvitations.length > 0)
      await run(
        `DELETE FROM invitations WHERE ${this.#settledInvitations.map(() => '(room = ? AND user = ?)').join(' OR ')}`,
        this.#settledInvitations.flat(),
      )
  }
}

type Run = (sql: string, values: readonly unknown[]) => Promise<ResultSetHeader>

interface ReactionChange {
  readonly reaction: string
  readonly user: number
  readonly isAdded: boolean
  /** The number of the event that changes it. */
  readonly seq: number
}

function toValues({ room, user, member, joinedAt, readSeq, readNo }: MemberRow): unknown[] {
  const { role, mutedUntil, fromSeq } = member
  return [room, user.name, user.userId, joinedAt, role, mutedUntil ?? null, fromSeq, readSeq, readNo]
}
