/**
 * The schema, step by step. A step never changes once released; each must leave a schema on which the previous release still runs
 * (add, never rename or drop what that one uses). SQL is what MySQL 8 and MariaDB share, and every table has a primary key.
 *
 * Names of people, rooms and messages compare by code point (`_bin`). Times are milliseconds since 1970 by the database's clock.
 */
export interface Migration {
  readonly name: string
  readonly statements: readonly string[]
}

const table = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin'

export const migrations: readonly Migration[] = [
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
      ) ${table}`,
      // epoch: seconds of the room's creation, or of the restore that made older positions worthless.
      // channel: random, so that two systems may share one Redis.
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
      ) ${table}`,
      `CREATE TABLE IF NOT EXISTS memberships (
        room BIGINT UNSIGNED NOT NULL,
        member VARCHAR(64) NOT NULL,
        joined_at BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (room, member),
        KEY memberships_member (member)
      ) ${table}`,
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
      ) ${table}`,
    ],
  },
  {
    name: '0002-revocations',
    statements: [
      // A token by its id, or every token of a user that was issued before created_at (a ban: until expires_at).
      `CREATE TABLE IF NOT EXISTS revocations (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        kind VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        subject VARCHAR(64) NOT NULL,
        created_at BIGINT UNSIGNED NOT NULL,
        expires_at BIGINT UNSIGNED NOT NULL,
        PRIMARY KEY (id),
        UNIQUE KEY revocations_subject (kind, subject),
        KEY revocations_created_at (created_at)
      ) ${table}`,
    ],
  },
]

/** The oldest version that this release runs on. */
export const oldestSchemaVersion = 2
