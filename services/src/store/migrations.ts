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
export const OLDEST_SCHEMA_VERSION = 4

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
]
