import { paced } from '../support/paced.ts'
import type { Database, Row } from './database.ts'
import { memberIds } from './member-ids.ts'
import { numberRooms } from './numbering.ts'
import { giveOwners, ownerless } from './owners.ts'
import { roomPages } from './room-pages.ts'
import { NOW_MS } from './sql.ts'

/** The row of the table `features`. */
const FEATURE = 'typed-events'
/** The step of the schema that it needs. */
const STEP = '0007-typed-events'
/** A message without a hash that is younger shows that a process of the release before runs. */
const FORMER_MESSAGE_MS = 30_000

/** What the release before has stored otherwise than this one does. */
export interface Unfinished {
  /** Events after the last one of their room that has a number. */
  readonly events: number
  /** Rooms without an owner whose creator is a member; 0 once it is on. */
  readonly owners: number
  /** Memberships without the id of their user, who is registered. */
  readonly members: number
}

/** What `enable` has done. */
export interface Enabled extends Unfinished {
  /** Whether this run has switched the feature on. */
  readonly switchedOn: boolean
  /** Milliseconds since 1970, by the database's clock. */
  readonly enabledAt: number
}

export type Progress = (step: keyof Unfinished, done: number, total: number) => void

/** Since when this release may store what the release before cannot read; undefined if it may not. */
export async function enabledAt(database: Database): Promise<number | undefined> {
  const [row] = await database.query<Row & { enabled_at: number | null }>(
    'SELECT enabled_at FROM features WHERE name = ?',
    [FEATURE],
  )
  return row?.enabled_at ?? undefined
}

/** Counts what `enable` would do. It writes nothing. */
export async function unfinished(database: Database): Promise<Unfinished> {
  const left = { events: 0, owners: 0, members: 0 }
  const isOn = (await enabledAt(database)) !== undefined
  for await (const [first, last] of roomPages(database)) {
    const [counted] = await database.query<Row & { events: number | string | null; members: number }>(
      `SELECT SUM(last_seq - numbered_seq) AS events,
         (SELECT COUNT(*) FROM memberships JOIN users ON users.name = memberships.member
          WHERE memberships.user IS NULL AND memberships.room BETWEEN ? AND ?) AS members
       FROM rooms WHERE id BETWEEN ? AND ? AND numbered_seq < last_seq`,
      [first, last, first, last],
    )
    left.events += Number(counted?.events ?? 0)
    left.members += counted?.members ?? 0
    if (!isOn) left.owners += (await ownerless(database, first, last)).length
  }
  return left
}

/**
 * Completes what the release before has stored, and switches on what only this release reads. It may run while all
 * processes serve: it pauses for as long as it works. It may be interrupted and run again; what is complete is left as
 * it is.
 *
 * @throws FormerReleaseError if a process of the release before runs, and the feature is not on; otherwise the driver's
 * error
 */
export async function enable(database: Database, onProgress: Progress = () => undefined): Promise<Enabled> {
  const wasOn = (await enabledAt(database)) !== undefined
  if (!wasOn) await refuseFormerRelease(database)
  const total = await unfinished(database)
  const done = { events: 0, owners: 0, members: 0 }
  const add = (step: keyof Unfinished, count: number) => {
    done[step] += count
    if (count > 0) onProgress(step, done[step], total[step])
  }
  // Later an owner may have gone for a reason.
  if (!wasOn) for await (const count of paced(giveOwners(database))) add('owners', count)
  for await (const count of paced(memberIds(database))) add('members', count)
  const number = async () => {
    for await (const count of paced(numberRooms(database))) add('events', count)
  }
  await number()
  if (!wasOn) await refuseFormerRelease(database)
  const switchedOn = await switchOn(database)
  // What was stored since the first pass; the release before does not run any more.
  if (switchedOn) await number()
  await refuseOlderReleases(database)
  return { ...done, switchedOn, enabledAt: (await enabledAt(database)) ?? 0 }
}

/** A process of the release before would show private rooms and events to everyone. */
export class FormerReleaseError extends Error {
  override readonly name = 'FormerReleaseError'

  constructor(room: string, agoMs: number) {
    const seconds = Math.ceil(agoMs / 1000)
    super(
      `a process of the release before has stored a message in the room "${room}" ${seconds} s ago: ` +
        `end the rollout, and run enable ${FORMER_MESSAGE_MS / 1000} s later`,
    )
  }
}

/** This release stores the hash of each request. A process that nobody writes to is not found. */
async function refuseFormerRelease(database: Database): Promise<void> {
  const [row] = await database.query<Row & { slug: string; ago_ms: number }>(
    `SELECT rooms.slug, CAST(${NOW_MS} AS SIGNED) - CAST(room_events.created_at AS SIGNED) AS ago_ms
     FROM rooms JOIN room_events ON room_events.room = rooms.id AND room_events.seq = rooms.last_seq
     WHERE rooms.changed_at >= ${NOW_MS} - ? AND room_events.created_at >= ${NOW_MS} - ?
       AND room_events.request_hash IS NULL
     LIMIT 1`,
    [FORMER_MESSAGE_MS, FORMER_MESSAGE_MS],
  )
  if (row) throw new FormerReleaseError(row.slug, Math.max(row.ago_ms, 0))
}

async function switchOn(database: Database): Promise<boolean> {
  const { affectedRows } = await database.execute(
    `UPDATE features SET enabled_at = ${NOW_MS} WHERE name = ? AND enabled_at IS NULL`,
    [FEATURE],
  )
  return affectedRows > 0
}

/**
 * Notes the release that has migrated last while it was off: once it is on, releases before that one must not come back.
 *
 * @param version this release, a semantic version
 * @throws the driver's error
 */
export async function noteRelease(database: Database, version: string): Promise<void> {
  await database.execute('UPDATE features SET version = ? WHERE name = ? AND (enabled_at IS NULL OR version IS NULL)', [
    version,
    FEATURE,
  ])
  await refuseOlderReleases(database)
}

/** Once it is on, the migration of a release that cannot read what this one stores is refused. */
async function refuseOlderReleases(database: Database): Promise<void> {
  await database.execute(
    `UPDATE schema_migrations JOIN features ON features.name = ?
     SET schema_migrations.minimum_version = features.version, schema_migrations.irreversible = TRUE
     WHERE schema_migrations.name = ? AND schema_migrations.minimum_version IS NULL
       AND features.enabled_at IS NOT NULL AND features.version IS NOT NULL`,
    [FEATURE, STEP],
  )
}
