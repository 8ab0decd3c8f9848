import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startMariaDb, type MariaDb } from '@chat-app/sandbox-servers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database, type Row } from '../src/store/database.ts'
import { migrateSteps, STEPS } from './migrate-steps.ts'
import { StatementProxy } from './statement-proxy.ts'
import { emptyDatabase } from './store.ts'

const PROGRAM = fileURLToPath(new URL('migrate-steps.ts', import.meta.url))
/** More than a migration has statements. */
const MAX_STATEMENTS = 120

let mariaDb: MariaDb
beforeAll(async () => {
  mariaDb = await startMariaDb()
})
afterAll(() => mariaDb?.stop())

test('a migration killed after any statement is completed by the next, which counts what the first one did', async () => {
  const reference = await completed(await emptyDatabase(mariaDb))
  expect(reference.result).toMatchObject({ from: 0, to: STEPS.length, irreversible: true, minimumVersion: '2.0.0' })

  let killed = 0
  for (let last = 1; last < MAX_STATEMENTS; last += 1) {
    const url = await emptyDatabase(mariaDb)
    if (!(await isKilledAfter(last, url))) break
    killed += 1
    expect([last, await completed(url)]).toEqual([last, reference])
  }

  // Each statement of each step, the record of each step, and the statements around them.
  const own = STEPS.reduce((total, { statements }) => total + statements.length + 1, 0)
  expect(killed).toBeGreaterThan(own)
  expect(killed).toBeLessThan(MAX_STATEMENTS - 1)
})

/** Runs the migration in a process that ends by SIGKILL after so many statements; false if it has fewer. */
async function isKilledAfter(last: number, url: string): Promise<boolean> {
  let kill: (() => void) | undefined
  await using proxy = await StatementProxy.start(mariaDb.port, last, () => kill?.())
  const child = spawn(process.execPath, [PROGRAM, url.replace(`:${mariaDb.port}/`, `:${proxy.port}/`)])
  kill = () => child.kill('SIGKILL')
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  if (signal === 'SIGKILL') return true
  expect([code, errors]).toEqual([0, ''])
  return false
}

/** The result of a run that is not disturbed, and the schema that it leaves. */
async function completed(url: string) {
  const result = await migrateSteps(url)
  const database = new Database({ url, maxConnections: 6 })
  const tables = await database.query<Row>('SHOW TABLES')
  const names = tables.flatMap((row) => Object.values(row) as string[])
  const schema = await Promise.all(names.map((name) => database.query<Row>(`SHOW CREATE TABLE ${name}`)))
  const steps = await database.query<Row>('SELECT * FROM schema_migrations')
  await database.close()
  return { result, schema, steps }
}
