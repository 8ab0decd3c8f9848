import { FEATURE_SETTLE_MS } from '../support/limits.ts'
import { NOW_MS } from './sql.ts'

type Release = `${number}.${number}.${number}`

/** One step of the schema. An irreversible one has to say which releases run on what it leaves. */
export type Migration = Step & (Reversible | Irreversible)

interface Step {
  /** Sorts after the names of the steps before it. At most 100 characters. */
  readonly name: string
  readonly statements: readonly string[]
}

interface Reversible {
  readonly irreversible?: false
  /** The oldest release of the services that runs on the schema after this step. @default the release before runs on it */
  readonly minimumVersion?: Release
}

interface Irreversible {
  /** The step loses or rewrites what an older release needs, so a release before it is not rolled back to. */
  readonly irreversible: true
  readonly minimumVersion: Release
}

const TABLE_OPTIONS = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin'

/** The oldest schema version that this release runs on. */
export const OLDEST_SCHEMA_VERSION = 20

/**
 * The schema, step by step. A released step never changes. The previous release must still run on the schema that a
 * step leaves (a step adds and never renames or drops what that release uses), unless the step states a
 * `minimumVersion`. A statement may run again after an interruption, so it is idempotent; one that adds a column or an
 * index is, because that it exists already is no error. The SQL runs on MySQL 8 and MariaDB. Every table has a primary
 * key.
 *
 * Names of users, rooms and messages compare by code point (`_bin`). Times are milliseconds since 1970 by the
 * database's clock.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    name: '0001-users-and-rooms',
    statements: [
      `CREATE TABLE IF NOT EXISTS users (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        name VARCHAR(64) NOT NULL,
        password_hash VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (id),
        UNIQUE KEY users_name (name)
      ) ${TABLE_OPTIONS}`,
      // epoch: the second of the room's creation, or of the restore that made older positions invalid.
      // channel: random, so that two systems can share one Redis.
      `CREATE TABLE IF NOT EXISTS rooms (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        slug VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        channel CHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        title VARCHAR(200) NOT NULL,
        created_by VARCHAR(64) NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        epoch INT UNSIGNED NOT NULL,
        last_seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
        changed_at BIGINT UNSIGNED NOT NULL DEFAULT 0,
        PRIMARY KEY (id),
        UNIQUE KEY rooms_slug (slug),
        KEY rooms_changed_at (changed_at)
      ) ${TABLE_OPTIONS}`,
      `CREATE TABLE IF NOT EXISTS memberships (
        room BIGINT UNSIGNED NOT NULL,
        member VARCHAR(64) NOT NULL,
        joined_at BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (room, member),
        KEY memberships_member (member)
      ) ${TABLE_OPTIONS}`,
      `CREATE TABLE IF NOT EXISTS room_events (
        room BIGINT UNSIGNED NOT NULL,
        seq BIGINT UNSIGNED NOT NULL,
        kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        sender VARCHAR(64) NOT NULL,
        client_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        body MEDIUMTEXT NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (room, seq),
        UNIQUE KEY room_events_client_id (room, sender, client_id)
      ) ${TABLE_OPTIONS}`,
    ],
  },
  {
    name: '0002-revocations',
    statements: [
      // kind 'token': one token by its id. kind 'user' (a ban): all tokens of the user that were issued before
      // created_at.
      `CREATE TABLE IF NOT EXISTS revocations (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        kind VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        subject VARCHAR(64) NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        expires_at BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (id),
        UNIQUE KEY revocations_subject (kind, subject),
        KEY revocations_created_at (created_at)
      ) ${TABLE_OPTIONS}`,
    ],
  },
  {
    name: '0003-expired-revocations',
    statements: ['ALTER TABLE revocations ADD KEY revocations_expires_at (expires_at)'],
  },
  {
    name: '0004-name-keys',
    statements: [
      // What no two users may have in common. A user of an older release, or whose name looks like an older one's, has none.
      `CREATE TABLE IF NOT EXISTS user_name_keys (
        name_key VARCHAR(255) NOT NULL,
        user BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (name_key),
        KEY user_name_keys_user (user)
      ) ${TABLE_OPTIONS}`,
      // How far work that goes over a whole table has come.
      `CREATE TABLE IF NOT EXISTS progress (
        work VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        position BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (work)
      ) ${TABLE_OPTIONS}`,
    ],
  },
  {
    name: '0005-accounts',
    statements: [
      // kind: user, visitor or bot. role: user, staff or admin. generation: raised by what ends all tokens of the user.
      // last_inbox_no: the number of the last entry of the user's inbox.
      `ALTER TABLE users
        ADD COLUMN kind VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'user',
        ADD COLUMN role VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'user',
        ADD COLUMN display_name VARCHAR(200) NULL,
        ADD COLUMN banned_until BIGINT UNSIGNED NULL,
        ADD COLUMN deleted_at BIGINT UNSIGNED NULL,
        ADD COLUMN generation INT UNSIGNED NOT NULL DEFAULT 0,
        ADD COLUMN last_inbox_no BIGINT UNSIGNED NOT NULL DEFAULT 0`,
    ],
  },
  {
    name: '0006-rooms-and-members',
    statements: [
      // The defaults are those of the rooms of the release before: anyone may join, write and read all.
      // direct_key: the ids of the two users of a direct room, the lower one first.
      // numbered_seq: up to this event, message_no and changed_seq of the room's events are complete.
      // expired_seq, expired_no: up to this event and this message, the texts have expired.
      `ALTER TABLE rooms
        ADD COLUMN kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'public',
        ADD COLUMN join_rule VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'open',
        ADD COLUMN post_rule VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'everyone',
        ADD COLUMN history_rule VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'all',
        ADD COLUMN topic VARCHAR(1000) NULL,
        ADD COLUMN direct_key VARCHAR(41) CHARACTER SET ascii COLLATE ascii_bin NULL,
        ADD COLUMN recall_within_seconds INT UNSIGNED NULL,
        ADD COLUMN expire_after_seconds INT UNSIGNED NULL,
        ADD COLUMN max_members INT UNSIGNED NULL,
        ADD COLUMN numbered_seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
        ADD COLUMN last_message_no BIGINT UNSIGNED NOT NULL DEFAULT 0,
        ADD COLUMN last_staff_no BIGINT UNSIGNED NOT NULL DEFAULT 0,
        ADD COLUMN expired_seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
        ADD COLUMN expired_no BIGINT UNSIGNED NOT NULL DEFAULT 0,
        ADD COLUMN ended_at BIGINT UNSIGNED NULL`,
      'ALTER TABLE rooms ADD UNIQUE KEY rooms_direct_key (direct_key)',
      'ALTER TABLE rooms ADD KEY rooms_expire_after_seconds (expire_after_seconds)',
      // from_seq: the first event that the member may read. read_seq, read_no: read up to this event and this message.
      `ALTER TABLE memberships
        ADD COLUMN user BIGINT UNSIGNED NULL,
        ADD COLUMN role VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'member',
        ADD COLUMN muted_until BIGINT UNSIGNED NULL,
        ADD COLUMN from_seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
        ADD COLUMN read_seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
        ADD COLUMN read_no BIGINT UNSIGNED NOT NULL DEFAULT 0,
        ADD COLUMN read_staff_no BIGINT UNSIGNED NOT NULL DEFAULT 0,
        ADD COLUMN notify VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'all'`,
      'ALTER TABLE memberships ADD KEY memberships_user (user)',
      // state: invited (by a member), or requested (by the user).
      `CREATE TABLE IF NOT EXISTS invitations (
        room BIGINT UNSIGNED NOT NULL,
        user BIGINT UNSIGNED NOT NULL,
        state VARCHAR(9) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        created_by BIGINT UNSIGNED NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (room, user),
        KEY invitations_user (user)
      ) ${TABLE_OPTIONS}`,
    ],
  },
  {
    name: '0007-typed-events',
    statements: [
      // A message's row holds its present form. body: its text. data: what else its kind has, as JSON.
      // target: the event that this one changes. audience: all, staff, or user:ID.
      // changed_seq: the event of the last change. reactions: their counts, as JSON.
      // request_hash: of what was sent, so that a repeat is known when the body has changed or is gone.
      `ALTER TABLE room_events
        ADD COLUMN sender_id BIGINT UNSIGNED NULL,
        ADD COLUMN sender_label VARCHAR(200) NULL,
        ADD COLUMN audience VARCHAR(25) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'all',
        ADD COLUMN target BIGINT UNSIGNED NULL,
        ADD COLUMN data MEDIUMTEXT NULL,
        ADD COLUMN message_no BIGINT UNSIGNED NULL,
        ADD COLUMN changed_seq BIGINT UNSIGNED NULL,
        ADD COLUMN edited_at BIGINT UNSIGNED NULL,
        ADD COLUMN recalled_at BIGINT UNSIGNED NULL,
        ADD COLUMN expired_at BIGINT UNSIGNED NULL,
        ADD COLUMN pinned_at BIGINT UNSIGNED NULL,
        ADD COLUMN reactions TEXT NULL,
        ADD COLUMN request_hash BINARY(16) NULL`,
      'ALTER TABLE room_events ADD KEY room_events_message_no (room, message_no)',
      'ALTER TABLE room_events ADD KEY room_events_changed_seq (room, changed_seq)',
      `CREATE TABLE IF NOT EXISTS reactions (
        room BIGINT UNSIGNED NOT NULL,
        seq BIGINT UNSIGNED NOT NULL,
        reaction VARCHAR(32) NOT NULL,
        user BIGINT UNSIGNED NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (room, seq, reaction, user)
      ) ${TABLE_OPTIONS}`,
      // The text of a message before its edit edit_seq.
      `CREATE TABLE IF NOT EXISTS former_texts (
        room BIGINT UNSIGNED NOT NULL,
        seq BIGINT UNSIGNED NOT NULL,
        edit_seq BIGINT UNSIGNED NOT NULL,
        body MEDIUMTEXT NOT NULL,
        data MEDIUMTEXT NULL,
        PRIMARY KEY (room, seq, edit_seq)
      ) ${TABLE_OPTIONS}`,
      // user 0: everyone in the room.
      `CREATE TABLE IF NOT EXISTS mentions (
        user BIGINT UNSIGNED NOT NULL,
        room BIGINT UNSIGNED NOT NULL,
        seq BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (user, room, seq),
        KEY mentions_message (room, seq)
      ) ${TABLE_OPTIONS}`,
      // What a release that every pod runs may do; enabled_at is empty while pods of the release before may run.
      // version: the release that migrated last before it was on. In an empty database it has been on for a while: no
      // process has read that it is off.
      `CREATE TABLE IF NOT EXISTS features (
        name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        enabled_at BIGINT UNSIGNED NULL,
        version VARCHAR(63) CHARACTER SET ascii COLLATE ascii_bin NULL,
        PRIMARY KEY (name)
      ) ${TABLE_OPTIONS}`,
      `INSERT IGNORE INTO features (name, enabled_at)
       SELECT 'typed-events', IF(EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM rooms), NULL, ${NOW_MS} - ${FEATURE_SETTLE_MS})`,
      // Random keys that the database has and backups restore with it.
      `CREATE TABLE IF NOT EXISTS hash_keys (
        name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        hash_key BINARY(32) NOT NULL,
        PRIMARY KEY (name)
      ) ${TABLE_OPTIONS}`,
    ],
  },
  {
    name: '0008-inbox',
    statements: [
      // kind: room, removed, session or notice. seq: of the room when the entry was made. data: JSON.
      `CREATE TABLE IF NOT EXISTS inbox (
        user BIGINT UNSIGNED NOT NULL,
        no BIGINT UNSIGNED NOT NULL,
        kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        room BIGINT UNSIGNED NULL,
        seq BIGINT UNSIGNED NULL,
        data TEXT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (user, no),
        KEY inbox_created_at (created_at)
      ) ${TABLE_OPTIONS}`,
    ],
  },
  {
    name: '0009-outbox',
    statements: [
      // The event is referred to by room and seq; its body is read when it is published.
      // attempts: that failed. due_at: when the next one may begin. is_failed: there is no further one.
      `CREATE TABLE IF NOT EXISTS outbox (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        consumer VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        room BIGINT UNSIGNED NOT NULL,
        epoch INT UNSIGNED NOT NULL,
        seq BIGINT UNSIGNED NOT NULL,
        kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        audience VARCHAR(25) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        attempts INT UNSIGNED NOT NULL DEFAULT 0,
        due_at BIGINT UNSIGNED NOT NULL DEFAULT 0,
        is_failed BOOLEAN NOT NULL DEFAULT FALSE,
        PRIMARY KEY (id),
        KEY outbox_room (consumer, is_failed, room, seq),
        KEY outbox_age (consumer, is_failed, id)
      ) ${TABLE_OPTIONS}`,
    ],
  },
  {
    name: '0010-sessions',
    statements: [
      // A device that is logged in. generation: of the user when that was; another one ends the session.
      // refresh_hash: of its refresh token; previous_hash: of the one before.
      `CREATE TABLE IF NOT EXISTS sessions (
        id CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        user BIGINT UNSIGNED NOT NULL,
        generation INT UNSIGNED NOT NULL,
        refresh_hash BINARY(32) NOT NULL,
        previous_hash BINARY(32) NULL,
        device_hash BINARY(32) NULL,
        device_name VARCHAR(200) NULL,
        address VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        refreshed_at BIGINT UNSIGNED NOT NULL,
        expires_at BIGINT UNSIGNED NOT NULL,
        ended_at BIGINT UNSIGNED NULL,
        PRIMARY KEY (id),
        KEY sessions_user (user),
        KEY sessions_expires_at (expires_at)
      ) ${TABLE_OPTIONS}`,
    ],
  },
  {
    name: '0011-client-ids-of-rooms',
    statements: [
      // client_id: chosen by the creator, so that a room is made once.
      'ALTER TABLE rooms ADD COLUMN client_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL',
      'ALTER TABLE rooms ADD UNIQUE KEY rooms_client_id (created_by, client_id)',
    ],
  },
  {
    name: '0012-account-work',
    statements: [
      // Users who were banned or deleted, and whose rooms need another owner.
      `CREATE TABLE IF NOT EXISTS account_work (
        user BIGINT UNSIGNED NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (user)
      ) ${TABLE_OPTIONS}`,
    ],
  },
  {
    name: '0013-audit',
    statements: [
      // What administrators did. Rows are only added. before_data, after_data: what was changed, as JSON.
      `CREATE TABLE IF NOT EXISTS audit (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        actor BIGINT UNSIGNED NOT NULL,
        actor_name VARCHAR(64) NOT NULL,
        action VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        subject_kind VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        subject VARCHAR(64) NOT NULL,
        before_data TEXT NULL,
        after_data TEXT NULL,
        reason VARCHAR(500) NOT NULL,
        address VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (id)
      ) ${TABLE_OPTIONS}`,
    ],
  },
  {
    name: '0014-blocks',
    statements: [
      // Who has blocked whom.
      `CREATE TABLE IF NOT EXISTS blocks (
        user BIGINT UNSIGNED NOT NULL,
        blocked BIGINT UNSIGNED NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (user, blocked),
        KEY blocks_blocked (blocked)
      ) ${TABLE_OPTIONS}`,
      // direct_rule: of whom the user takes new direct rooms, everyone or nobody.
      "ALTER TABLE users ADD COLUMN direct_rule VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'everyone'",
    ],
  },
  {
    name: '0015-room-directory',
    statements: ['ALTER TABLE rooms ADD KEY rooms_kind (kind)'],
  },
  {
    name: '0016-mentions-by-time',
    statements: [
      // created_at: of the message, so that a list of mentions in many rooms has an order.
      `ALTER TABLE mentions
        ADD COLUMN created_at BIGINT UNSIGNED NOT NULL DEFAULT 0`,
      'ALTER TABLE mentions ADD KEY mentions_time (user, created_at)',
      'ALTER TABLE mentions ADD KEY mentions_room_time (user, room, created_at)',
      `UPDATE mentions JOIN room_events ON room_events.room = mentions.room AND room_events.seq = mentions.seq
       SET mentions.created_at = room_events.created_at WHERE mentions.created_at = 0`,
    ],
  },
  {
    name: '0017-people-search',
    statements: [
      // The same texts as they are compared in a search: without case and accents. The server derives them.
      `ALTER TABLE users
        ADD COLUMN searched_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci
          GENERATED ALWAYS AS (name) VIRTUAL`,
      `ALTER TABLE users
        ADD COLUMN searched_display_name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci
          GENERATED ALWAYS AS (display_name) VIRTUAL`,
      'ALTER TABLE users ADD KEY users_searched_name (kind, searched_name)',
      'ALTER TABLE users ADD KEY users_searched_display_name (kind, searched_display_name)',
    ],
  },
  {
    name: '0018-reports',
    statements: [
      // Messages that users have reported to the administrators. It has no text of them: what is recalled is gone.
      `CREATE TABLE IF NOT EXISTS reports (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        room BIGINT UNSIGNED NOT NULL,
        seq BIGINT UNSIGNED NOT NULL,
        user BIGINT UNSIGNED NOT NULL,
        reason VARCHAR(500) NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        is_closed BOOLEAN NOT NULL DEFAULT FALSE,
        closed_by BIGINT UNSIGNED NULL,
        closed_at BIGINT UNSIGNED NULL,
        PRIMARY KEY (id),
        UNIQUE KEY reports_message (room, seq, user),
        KEY reports_state (is_closed, id)
      ) ${TABLE_OPTIONS}`,
    ],
  },
  {
    name: '0019-registration-invitations',
    statements: [
      // What lets people register where that is not open. code_hash: SHA-256; the code is random and not stored.
      `CREATE TABLE IF NOT EXISTS registration_invitations (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        code_hash BINARY(32) NOT NULL,
        created_by BIGINT UNSIGNED NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        expires_at BIGINT UNSIGNED NOT NULL,
        uses_left INT UNSIGNED NOT NULL,
        PRIMARY KEY (id),
        UNIQUE KEY registration_invitations_code (code_hash),
        KEY registration_invitations_expires_at (expires_at)
      ) ${TABLE_OPTIONS}`,
    ],
  },
  {
    name: '0020-ends-of-accounts',
    statements: [
      // recalls_messages: what the operator had set when the user was deleted.
      'ALTER TABLE account_work ADD COLUMN recalls_messages BOOLEAN NOT NULL DEFAULT FALSE',
      'ALTER TABLE reports ADD KEY reports_user (user)',
      'ALTER TABLE registration_invitations ADD KEY registration_invitations_created_by (created_by)',
    ],
  },
]
