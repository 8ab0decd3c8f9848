import type { Account, Member, MemberRole, RoomRules } from '../policy/types.ts'
import type { Database, Row } from './database.ts'
import type { RoomKey } from './rooms.ts'
import { NOW_MS } from './sql.ts'

/** A user, and what a room knows of the user. */
export interface Standing {
  /** Undefined if nobody has this name. */
  readonly account: Account | undefined
  /** Undefined for a user who is not a member. */
  readonly member: Member | undefined
  /** Whether the user is invited, or has asked to join. */
  readonly invitation: 'invited' | 'requested' | undefined
  /** The id of the member who has invited the user. */
  readonly invitedBy?: number | undefined
}

/** A room, and what it knows of the user who asks and of the user on whom that one acts. */
export interface RoomAccess {
  readonly key: RoomKey
  readonly rules: RoomRules
  readonly title: string
  readonly topic: string | undefined
  readonly recallWithinSeconds: number | undefined
  readonly expireAfterSeconds: number | undefined
  readonly maxMembers: number | undefined
  readonly epoch: number
  readonly lastSeq: number
  /** The database's clock, in milliseconds since 1970. */
  readonly now: number
  readonly asker: Standing
  /** That of nobody if no subject was asked for. */
  readonly subject: Standing
  /** One of the two has blocked the other. */
  readonly isBlock: boolean
}

type AccessRow = Row &
  RoomKey & {
    title: string
    topic: string | null
    kind: RoomRules['kind']
    join_rule: RoomRules['join']
    post_rule: RoomRules['post']
    history_rule: RoomRules['history']
    recall_within_seconds: number | null
    expire_after_seconds: number | null
    max_members: number | null
    ended_at: number | null
    epoch: number
    last_seq: number
    now: number
    is_block: number
  }

interface StandingColumns {
  user: number | null
  name: string | null
  account_role: Account['role'] | null
  account_kind: Account['kind'] | null
  is_banned: number
  role: MemberRole | null
  from_seq: number | null
  muted_until: number | null
  state: 'invited' | 'requested' | null
  invited_by: number | null
}

type Who = 'asker' | 'subject'

const columnsOf = (name: Who) => `
  ${name}_user.id AS ${name}_user, ${name}_user.name AS ${name}_name,
  ${name}_user.role AS ${name}_account_role, ${name}_user.kind AS ${name}_account_kind,
  COALESCE(${name}_user.banned_until > ${NOW_MS}, 0) OR ${name}_user.deleted_at IS NOT NULL AS ${name}_is_banned,
  ${name}_member.role AS ${name}_role, ${name}_member.from_seq AS ${name}_from_seq,
  ${name}_member.muted_until AS ${name}_muted_until, ${name}_invitation.state AS ${name}_state,
  IF(${name}_invitation.state = 'invited', ${name}_invitation.created_by, NULL) AS ${name}_invited_by`

const joinsOf = (name: Who) => `
  LEFT JOIN users AS ${name}_user ON ${name}_user.name = ?
  LEFT JOIN memberships AS ${name}_member ON ${name}_member.room = rooms.id AND ${name}_member.member = ?
  LEFT JOIN invitations AS ${name}_invitation
    ON ${name}_invitation.room = rooms.id AND ${name}_invitation.user = ${name}_user.id`

/** Finds a room together with what it knows of users. */
export class RoomsAccess {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * One statement, whether the room exists or not and whoever asks, so that its time reveals nothing.
   *
   * @param subject the name of a user on whom the asker acts. @default nobody
   */
  async find(slug: string, asker: string, subject = ''): Promise<RoomAccess | undefined> {
    const [row] = await this.#database.query<AccessRow>(
      `SELECT rooms.id, rooms.slug, rooms.channel, rooms.title, rooms.topic, rooms.kind, rooms.join_rule,
         rooms.post_rule, rooms.history_rule, rooms.recall_within_seconds, rooms.expire_after_seconds,
         rooms.max_members, rooms.ended_at, rooms.epoch, rooms.last_seq, ${NOW_MS} AS now,
         ${columnsOf('asker')}, ${columnsOf('subject')},
         EXISTS (SELECT 1 FROM blocks WHERE blocks.user = asker_user.id AND blocks.blocked = subject_user.id)
           OR EXISTS (SELECT 1 FROM blocks WHERE blocks.user = subject_user.id AND blocks.blocked = asker_user.id)
           AS is_block
       FROM rooms ${joinsOf('asker')} ${joinsOf('subject')}
       WHERE rooms.slug = ?`,
      [asker, asker, subject, subject, slug],
    )
    return row && toAccess(row)
  }
}

function toAccess(row: AccessRow): RoomAccess {
  return {
    key: { id: row.id, slug: row.slug, channel: row.channel },
    rules: {
      kind: row.kind,
      join: row.join_rule,
      post: row.post_rule,
      history: row.history_rule,
      ...(row.ended_at !== null && { endedAt: row.ended_at }),
    },
    title: row.title,
    topic: row.topic ?? undefined,
    recallWithinSeconds: row.recall_within_seconds ?? undefined,
    expireAfterSeconds: row.expire_after_seconds ?? undefined,
    maxMembers: row.max_members ?? undefined,
    epoch: row.epoch,
    lastSeq: row.last_seq,
    now: row.now,
    asker: standing(row, 'asker'),
    subject: standing(row, 'subject'),
    isBlock: row.is_block === 1,
  }
}

function standing(row: AccessRow, who: Who): Standing {
  const column = ((name: string) => row[`${who}_${name}`] as unknown) as Column
  return {
    account: accountOf(column),
    member: memberOf(column),
    invitation: column('state') ?? undefined,
    invitedBy: column('invited_by') ?? undefined,
  }
}

type Column = <K extends keyof StandingColumns>(name: K) => StandingColumns[K]

function accountOf(column: Column): Account | undefined {
  const userId = column('user')
  if (userId === null) return undefined
  return {
    userId,
    name: column('name') ?? '',
    role: column('account_role') ?? 'user',
    kind: column('account_kind') ?? 'user',
    isBanned: column('is_banned') === 1,
  }
}

function memberOf(column: Column): Member | undefined {
  const role = column('role')
  if (role === null) return undefined
  return { role, mutedUntil: column('muted_until') ?? undefined, fromSeq: column('from_seq') ?? 0 }
}
