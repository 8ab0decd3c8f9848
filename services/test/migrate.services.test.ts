import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uniqueName } from '@chat-app/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Database } from '../src/store/database.ts'
import { migrate } from '../src/store/migrate.ts'
import { MIGRATIONS } from '../src/store/migrations.ts'
import { giveNameKeys } from '../src/store/name-keys.ts'
import { Users } from '../src/store/users.ts'
import { JWT_SECRET, runCommand } from './service.ts'
import { emptyDatabase, openStore, type Store } from './store.ts'

let store: Store
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-migrate-'))
  store = await openStore()
})

afterAll(async () => {
  await store?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const env = {
  ENVIRONMENT: 'local',
  SERVER_HOST: '127.0.0.1',
  SERVER_PORT: '0',
  REDIS_URL: 'redis://127.0.0.1:1',
  JWT_SECRET,
}

/** Runs `migrate` in an environment as its Job does, and reads its termination message. */
async function runMigrate(variables: Record<string, string>) {
  const TERMINATION_LOG = join(folder, uniqueName('log'))
  await writeFile(TERMINATION_LOG, '')
  const { code, output } = await runCommand('migrate', { ...env, TERMINATION_LOG, ...variables })
  const text = await readFile(TERMINATION_LOG, 'utf8')
  return { code, output, message: text === '' ? undefined : (JSON.parse(text) as unknown) }
}

/** Calls `work` with a connection to a database. */
async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database({ url, maxConnections: 2 })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

describe('migrate', () => {
  test('reports what it changed, and with nothing to do that it changed nothing', async () => {
    const DATABASE_URL = await emptyDatabase(store.mariaDb)
    const to = MIGRATIONS.length

    const first = await runMigrate({ DATABASE_URL })
    const second = await runMigrate({ DATABASE_URL })

    expect([first.code, second.code]).toEqual([0, 0])
    expect(first.message).toEqual({ schemaVersion: to, from: 0, to, irreversible: false })
    expect(second.message).toEqual({ schemaVersion: to, from: to, to, irreversible: false })
  })

  test('two at once run one after the other', async () => {
    const DATABASE_URL = await emptyDatabase(store.mariaDb)

    const results = await Promise.all([1, 2].map(() => runCommand('migrate', { ...env, DATABASE_URL })))

    expect(results.map(({ code }) => code)).toEqual([0, 0])
    expect(results.map(({ output }) => output.match(/applied/g)?.length ?? 0).toSorted((a, b) => a - b)).toEqual([
      0,
      MIGRATIONS.length,
    ])
  })

  test('fails in time, with the address of the database', async () => {
    const { code, output, message } = await runMigrate({
      DATABASE_URL: 'mysql://chat:hidden@127.0.0.1:1/chat',
      MIGRATION_TIMEOUT_SECONDS: '1',
    })

    expect(code).toBe(1)
    expect(message).toEqual({
      error: 'database 127.0.0.1:1: connect ECONNREFUSED',
      reason: 'DatabaseUnreachable',
    })
    expect(output).not.toContain('hidden')
  })

  test('reports all faults of the configuration at once, before it connects', async () => {
    const DATABASE_URL = await emptyDatabase(store.mariaDb)
    const { code, output, message } = await runMigrate({
      DATABASE_URL,
      REDIS_URL: 'redis://:hidden-1@a,b',
      JWT_SECRET: 'hidden-2',
      ALLOWED_ORIGINS: 'chat.example.com',
    })

    expect(code).toBe(78)
    expect(message).toEqual({ error: expect.any(String), reason: 'ConfigInvalid' })
    expect((message as { error: string }).error.split('\n').toSorted()).toEqual([
      '- ALLOWED_ORIGINS: "chat.example.com" must be a comma list of origins such as https://chat.example.com, or *',
      '- jwt.secret (from JWT_SECRET): must have at least 32 characters: openssl rand -base64 32',
      '- redis.url (from REDIS_URL): has 2 hosts: use redis-cluster:// or redis+sentinel://mymaster/ for more than one',
      'the configuration has 3 faults:',
    ])
    expect(output + JSON.stringify(message)).not.toContain('hidden')
    expect(await withDatabase(DATABASE_URL, (database) => database.query('SHOW TABLES'))).toEqual([])
  })

  test('of an older release refuses a schema that needs a newer one, and changes nothing', async () => {
    const DATABASE_URL = await emptyDatabase(store.mariaDb)
    const later = { name: '9999-later', statements: [], irreversible: true, minimumVersion: '2.0.0' } as const
    const tables = await withDatabase(DATABASE_URL, async (database) => {
      await migrate(database, () => undefined, { steps: [later] })
      return database.query('SHOW TABLES')
    })

    const { code, message } = await runMigrate({ DATABASE_URL, RELEASE_VERSION: '1.4.2' })

    expect(code).toBe(78)
    expect(message).toEqual({
      error: expect.stringMatching(
        /at least version 2\.0\.0, and this is 1\.4\.2: set the version to 2\.0\.0 or newer/,
      ),
      reason: 'VersionTooOld',
      minimumVersion: '2.0.0',
    })
    expect(await withDatabase(DATABASE_URL, (database) => database.query('SHOW TABLES'))).toEqual(tables)
  })

  test('of a release that is no semantic version is not compared, and the log says so', async () => {
    const DATABASE_URL = await emptyDatabase(store.mariaDb)
    const later = { name: '9999-later', statements: [], minimumVersion: '2.0.0' } as const
    await withDatabase(DATABASE_URL, (database) => migrate(database, () => undefined, { steps: [later] }))

    const { code, output, message } = await runMigrate({ DATABASE_URL, RELEASE_VERSION: 'main' })

    expect(code).toBe(0)
    expect(output).toContain('RELEASE_VERSION is \\"main\\", which is no semantic version')
    expect(message).toMatchObject({ schemaVersion: MIGRATIONS.length + 1, minimumVersion: '2.0.0' })
  })
})

describe('names that look alike', () => {
  /** Users of a release that did not know the keys of names. */
  async function addFormer(database: Database, names: readonly string[]): Promise<void> {
    for (const name of names)
      await database.execute("INSERT INTO users (name, password_hash, created_at) VALUES (?, 'x', 0)", [name])
  }

  test('go on, the oldest of them keeps what nobody else may have, and the others are listed', async () => {
    const DATABASE_URL = await emptyDatabase(store.mariaDb)
    await runMigrate({ DATABASE_URL })
    await withDatabase(DATABASE_URL, async (database) => {
      const many = Array.from({ length: 600 }, (_, i) => `user-${i}x`)
      await addFormer(database, [
        'Alice',
        'alice',
        ...many,
        'modern',
        'modem',
        'ALICE',
        '_probe.a1b2c3d4.0123456789abcdef',
      ])
      const { output, code } = await runMigrate({ DATABASE_URL })

      expect(code).toBe(0)
      const listed = output.split('\n').filter((line) => line.includes('look like those of older users'))
      expect(listed.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { count: 3, names: ['alice', 'modem', 'ALICE'] },
      ])
      const kept = await database.query(
        'SELECT COUNT(*) AS keys_kept, COUNT(DISTINCT user) AS users FROM user_name_keys',
      )
      expect(kept).toMatchObject([{ keys_kept: 2 * 602, users: 602 }])

      // Pods of the former release go on, and a younger user has registered a name like that of one of theirs.
      const users = new Users(database)
      await addFormer(database, ['Bank'])
      await users.add('BANK', 'x')
      expect(await giveNameKeys(database)).toEqual({ count: 0, names: [] })
      await expect(users.add('bank', 'x')).rejects.toMatchObject({ code: 'conflict' })
      const owners = await database.query(
        "SELECT DISTINCT name FROM user_name_keys JOIN users ON users.id = user WHERE name_key = 'folded:bank'",
      )
      expect(owners).toMatchObject([{ name: 'Bank' }])
      for (const name of ['aLICE', 'user-1X', 'modern', 'm0dern'])
        await expect(users.add(name, 'x')).rejects.toMatchObject({ code: 'conflict', field: 'name' })
      await users.add('bob', 'x')
      expect(await users.credentials('modem')).toMatchObject({ passwordHash: 'x' })
    })
  })

  test('cannot both be registered at the same moment', async () => {
    const DATABASE_URL = await emptyDatabase(store.mariaDb)
    await runMigrate({ DATABASE_URL })
    await withDatabase(DATABASE_URL, async (database) => {
      const names = ['carol', 'Carol', 'CAROL', 'caroI', 'carol']
      const results = await Promise.allSettled(names.map((name) => new Users(database).add(name, 'x')))
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await database.query('SELECT name FROM users')).toHaveLength(1)
    })
  })
})
