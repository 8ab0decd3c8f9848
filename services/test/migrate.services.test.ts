import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uniqueName } from '@chat-app/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Database } from '../src/store/database.ts'
import { MIGRATIONS } from '../src/store/migrations.ts'
import { runCommand } from './service.ts'
import { openStore, type Store } from './store.ts'

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

describe('migrate', () => {
  const env = { ENVIRONMENT: 'local', SERVER_HOST: '127.0.0.1', SERVER_PORT: '0' }

  test('with nothing to do ends at once and reports the version', async () => {
    const terminationLog = join(folder, 'done')
    await writeFile(terminationLog, '')

    const { code } = await runCommand('migrate', {
      ...env,
      DATABASE_URL: store.mariaDb.url,
      TERMINATION_LOG: terminationLog,
    })

    expect(code).toBe(0)
    expect(JSON.parse(await readFile(terminationLog, 'utf8'))).toEqual({ schemaVersion: MIGRATIONS.length })
  })

  test('two at once run one after the other', async () => {
    const database = uniqueName('fresh').replace('-', '_')
    const root = new Database({ url: store.mariaDb.adminUrl, maxConnections: 1 })
    await root.execute(`CREATE DATABASE ${database}`)
    await root.close()
    const url = store.mariaDb.adminUrl.replace(/chat$/, database)

    const results = await Promise.all([1, 2].map(() => runCommand('migrate', { ...env, DATABASE_URL: url })))

    expect(results.map(({ code }) => code)).toEqual([0, 0])
    expect(results.map(({ output }) => output.match(/applied/g)?.length ?? 0).toSorted((a, b) => a - b)).toEqual([
      0,
      MIGRATIONS.length,
    ])
  })

  test('fails in time, with the address of the database', async () => {
    const terminationLog = join(folder, 'failed')
    await writeFile(terminationLog, '')
    const DATABASE_URL = 'mysql://chat:hidden@127.0.0.1:1/chat'

    const { code, output } = await runCommand('migrate', {
      ...env,
      DATABASE_URL,
      MIGRATION_TIMEOUT_SECONDS: '1',
      TERMINATION_LOG: terminationLog,
    })

    expect(code).toBe(1)
    expect(JSON.parse(await readFile(terminationLog, 'utf8'))).toEqual({
      error: 'database 127.0.0.1:1: connect ECONNREFUSED',
    })
    expect(output).not.toContain('hidden')
  })
})
