import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest'
import { startMariaDb, type MariaDb } from '@chat-app/sandbox-servers'
import { emptyDatabase } from '../../test/store.ts'
import { Database, statement } from './database.ts'
import { migrate, VersionTooOldError, type MigrateOptions } from './migrate.ts'
import { MIGRATIONS, type Migration } from './migrations.ts'
import { appliedSteps, schemaVersion } from './schema-table.ts'

let mariaDb: MariaDb
let url: string
let database: Database

beforeAll(async () => {
  mariaDb = await startMariaDb()
})
afterAll(() => mariaDb?.stop())
beforeEach(async () => {
  url = await emptyDatabase(mariaDb)
  database = new Database({ url, maxConnections: 6 })
})
afterEach(() => database.close())

const create = (name: string): Migration => ({
  name,
  statements: [`CREATE TABLE IF NOT EXISTS t${name} (id INT NOT NULL PRIMARY KEY)`],
})
const [first, second] = [create('1'), create('2')]
const third: Migration = { ...create('3'), minimumVersion: '1.9.0' }
const fourth: Migration = { ...create('4'), irreversible: true, minimumVersion: '1.10.0' }
const fifth = create('5')
const failing: Migration = { name: fifth.name, statements: ['SIGNAL SQLSTATE "45000"'] }

const run = (options: MigrateOptions) => migrate(database, () => undefined, options)

/** The table as the release before its columns made it, with the steps that it had applied. */
async function formerTable(...names: string[]): Promise<void> {
  await database.execute('CREATE TABLE schema_migrations (name VARCHAR(100) NOT NULL PRIMARY KEY)')
  for (const name of names) await database.execute('INSERT INTO schema_migrations (name) VALUES (?)', [name])
}

describe('the result of a migration', () => {
  test('says what this run changed, and the highest minimumVersion of the schema', async () => {
    expect(await run({ steps: [first, second] })).toEqual({
      from: 0,
      to: 2,
      irreversible: false,
      minimumVersion: undefined,
    })
    expect(await run({ steps: [first, second, third, fourth] })).toEqual({
      from: 2,
      to: 4,
      irreversible: true,
      minimumVersion: '1.10.0',
    })
    const steps = [first, second, third, fourth, fifth]
    expect(await run({ steps })).toEqual({ from: 4, to: 5, irreversible: false, minimumVersion: '1.10.0' })
    expect(await run({ steps })).toEqual({ from: 5, to: 5, irreversible: false, minimumVersion: '1.10.0' })
    expect(await schemaVersion(database)).toBe(5)
  })

  test('counts what an interrupted attempt of the same run did', async () => {
    await run({ steps: [first] })
    const interrupted = run({ steps: [first, second, fourth, failing], run: 'job-1' })
    await expect(interrupted).rejects.toThrow('step 5: Unhandled user-defined exception condition')
    expect(await schemaVersion(database)).toBe(3)

    const steps = [first, second, fourth, fifth]
    expect(await run({ steps, run: 'job-1' })).toMatchObject({ from: 1, to: 4, irreversible: true })
    expect(await run({ steps, run: 'job-1' })).toMatchObject({ from: 1, to: 4, irreversible: true })
    expect(await run({ steps, run: 'job-2' })).toMatchObject({ from: 4, to: 4, irreversible: false })
  })

  test('of a run before that of a newer release has nothing of either', async () => {
    await run({ steps: [first, fourth], run: 'old' })
    await run({ steps: [first, fourth, fifth], run: 'new' })

    expect(await run({ steps: [first, fourth], run: 'old' })).toMatchObject({ from: 3, to: 3, irreversible: false })
  })
})

describe('a schema of a newer release', () => {
  const newer = [first, second, third, fourth, fifth]
  beforeEach(() => run({ steps: newer }))

  test.for(['1.9.9', 'v1.9.0', '1.10.0-rc.1'])('refuses release %s, which is too old', async (version) => {
    const refused = run({ steps: [first, second, create('2b')], version })

    await expect(refused).rejects.toThrow(VersionTooOldError)
    await expect(refused).rejects.toThrow(`needs at least version 1.10.0, and this is ${version}`)
    expect(await schemaVersion(database)).toBe(newer.length)
  })

  test.for(['1.10.0', '1.11.0', '2.0.0-rc.1', 'main', undefined])('is no error for release %s', async (version) => {
    const result = await run({ steps: [first, second], version })

    expect(result).toEqual({ from: 5, to: 5, irreversible: false, minimumVersion: '1.10.0' })
  })

  test('does not refuse a release that knows its steps, such as a candidate', async () => {
    expect(await run({ steps: newer, version: '1.10.0-rc.1' })).toMatchObject({ to: newer.length })
  })
})

describe('a table that the former release has made', () => {
  test('is read without its later columns, and not changed when nothing is to do', async () => {
    await formerTable(first.name, second.name)

    expect(await run({ steps: [first, second] })).toEqual({
      from: 2,
      to: 2,
      irreversible: false,
      minimumVersion: undefined,
    })
    expect(await database.query('SHOW COLUMNS FROM schema_migrations')).toHaveLength(1)
  })

  test('gets its later columns with the next step, and the former release still writes to it', async () => {
    await formerTable(first.name)

    expect(await run({ steps: [first, third], run: 'job-1' })).toMatchObject({ from: 1, to: 2 })
    await database.execute('INSERT INTO schema_migrations (name) VALUES (?)', [fifth.name])

    const bare = { irreversible: false, minimumVersion: undefined, run: undefined }
    expect(await appliedSteps(database)).toEqual([
      { ...bare, name: first.name },
      { name: third.name, irreversible: false, minimumVersion: '1.9.0', run: 'job-1' },
      { ...bare, name: fifth.name },
    ])
  })

  test('may have some of its later columns', async () => {
    await formerTable(first.name)
    await database.execute('ALTER TABLE schema_migrations ADD COLUMN irreversible BOOLEAN NULL')

    expect(await run({ steps: [first, fourth] })).toMatchObject({ from: 1, irreversible: true })
  })

  test('is changed once by two migrations at the same time', async () => {
    await formerTable(first.name)
    const other = new Database({ url, maxConnections: 6 })
    const migrations = [database, other].map((each) => migrate(each, () => undefined, { steps: [first, fourth] }))

    const froms = (await Promise.all(migrations)).map(({ from }) => from)
    await other.close()

    expect(froms.toSorted((a, b) => a - b)).toEqual([1, 2])
  })
})

describe('a migration', () => {
  test('of this release has steps that every SQL server can record', () => {
    const names = MIGRATIONS.map(({ name }) => name)
    expect(names).toEqual([...new Set(names)].toSorted())
    for (const name of names) expect(name).toMatch(/^\d{4}-[a-z0-9-]{1,95}$/)
  })

  test('with nothing to do needs no write, such as in a region that follows another', async () => {
    await run({ steps: [first, fourth] })
    const reader = new Database({
      url: mariaDb.url.replace(/chat$/, new URL(url).pathname.slice(1)),
      maxConnections: 6,
    })
    await database.execute(`GRANT SELECT ON *.* TO 'chat'@'%'`)

    const result = await migrate(reader, () => undefined, { steps: [first, fourth] })
    await reader.close()

    expect(result).toEqual({ from: 2, to: 2, irreversible: false, minimumVersion: '1.10.0' })
  })

  test('that was interrupted after a column or an index was added continues', async () => {
    const additions: Migration = {
      name: '2',
      statements: ['ALTER TABLE t1 ADD COLUMN x INT NULL', 'ALTER TABLE t1 ADD KEY t1_x (x)'],
    }
    await run({ steps: [first] })
    for (const sql of additions.statements) await database.execute(sql)

    expect(await run({ steps: [first, additions] })).toMatchObject({ from: 1, to: 2 })
    const wrong: Migration = { name: '3', statements: ['ALTER TABLE t1 ADD KEY t1_y (y)'] }
    await expect(run({ steps: [first, additions, wrong] })).rejects.toThrow("Key column 'y' doesn't exist")
  })

  test('may have a statement that takes long', async () => {
    const slow: Migration = { name: '1', statements: ['DO SLEEP(0.5)'] }

    await expect(run({ steps: [slow], statementTimeoutMs: 100 })).rejects.toThrow(/inactivity/)
    expect(await run({ steps: [slow], statementTimeoutMs: 60_000 })).toMatchObject({ to: 1 })
  })

  test('does not make the users of a table wait for long when another transaction uses it', async () => {
    await run({ steps: [first] })
    const alter: Migration = { name: '2', statements: ['ALTER TABLE t1 ADD COLUMN IF NOT EXISTS x INT NULL'] }
    const steps = [first, alter]

    await database.use(async (connection) => {
      await statement(connection, 'START TRANSACTION')
      await statement(connection, 'SELECT * FROM t1')
      await expect(run({ steps, statementTimeoutMs: 60_000 })).rejects.toThrow(/Lock wait timeout/)
      await statement(connection, 'COMMIT')
    })

    expect(await run({ steps })).toMatchObject({ from: 1, to: 2 })
  })
})
