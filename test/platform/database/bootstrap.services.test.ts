import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startMariaDb, type MariaDb, packages } from '@chat-app/sandbox-servers'
import { Database, migrate, Revocations, Rooms, Users, Writer } from '@chat-app/services/store'
import { BOOTSTRAP, externalBootstrap } from '@chat-app/platform'

/** A password of characters that are special in a shell, an option file or SQL. */
const SPECIAL_CHARACTERS = String.raw`a"b'c\d\\e #f;$(id)%&` + '`g`'

let mariaDb: MariaDb
let admin: Database
let dir: string

beforeAll(async () => {
  mariaDb = await startMariaDb()
  dir = await mkdtemp(join(tmpdir(), 'chat-bootstrap-'))
  const client = inRoot(await debianRoot(packages), 'usr/bin/mariadb')
  const quoted = client.map((argument) => `'${argument}'`).join(' ')
  await writeFile(join(dir, 'mysql'), `#!/bin/sh\nprintf "%s\\n" "$@" >> '${dir}/arguments'\nexec ${quoted} "$@"\n`, {
    mode: 0o700,
  })
  admin = new Database({ url: mariaDb.adminUrl.replace(/chat$/, 'mysql'), maxConnections: 5 })
  await admin.execute('ALTER USER root@? IDENTIFIED BY ?', [mariaDb.host, SPECIAL_CHARACTERS])
  await admin.execute('CREATE DATABASE others')
  await admin.execute('CREATE TABLE others.secrets (id INT PRIMARY KEY)')
})
afterAll(async () => {
  await admin?.close()
  await mariaDb?.stop()
  await rm(dir, { recursive: true, force: true })
})
beforeEach(async () => {
  await admin.execute('DROP DATABASE IF EXISTS chat')
  for (const name of ['chat_blue', 'chat_green']) await admin.execute('DROP USER IF EXISTS ?@?', [name, '%'])
})

const passwords = { root: SPECIAL_CHARACTERS, blue: 'blue-password-of-24-char', green: 'green_password.of~24-cha' }

/** Runs the script of the Job with these Secrets. Returns its standard output, or rejects with code and stderr. */
async function bootstrap(
  secrets: Partial<typeof passwords> = {},
  changes: NodeJS.ProcessEnv = {},
  script = BOOTSTRAP,
): Promise<string> {
  for (const [name, value] of Object.entries({ ...passwords, ...secrets })) await writeFile(join(dir, name), value)
  const env = {
    PATH: `${dir}:${process.env['PATH']}`,
    HOME: dir,
    SECRETS: dir,
    DATABASE_HOST: mariaDb.host,
    DATABASE_PORT: String(mariaDb.port),
    DATABASE_CA: '',
    DATABASE_ATTEMPTS: '1',
    ...changes,
  }
  const { stdout } = await promisify(execFile)('sh', ['-euc', script], { env })
  return stdout.trim()
}

function openAs(name: string, password: string, database = 'chat'): Database {
  const url = `mysql://${name}:${password}@${mariaDb.host}:${mariaDb.port}/${database}`
  return new Database({ url, maxConnections: 8 })
}

/** The result of a connection: `accepted`, or the server's error. */
async function connectionResult(name: string, password: string): Promise<string> {
  const database = openAs(name, password)
  try {
    await database.query('SELECT 1')
    return 'accepted'
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    await database.close()
  }
}

async function grants(name: string): Promise<string[]> {
  const rows = await admin.query('SHOW GRANTS FOR ?@?', [name, '%'])
  return rows.map((row) => String(Object.values(row)[0]).replace(/ IDENTIFIED BY .*/, ''))
}

const granted = (name: string) => [
  `GRANT USAGE ON *.* TO \`${name}\`@\`%\``,
  `GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX, ALTER ON \`chat\`.* TO \`${name}\`@\`%\``,
]

describe('the first run', () => {
  test('creates the database, and two users with the privileges they need', async () => {
    expect(await bootstrap()).toBe('the database chat and the users chat_blue and chat_green are there')
    expect(await grants('chat_blue')).toEqual(granted('chat_blue'))
    expect(await grants('chat_green')).toEqual(granted('chat_green'))
  })

  test.each(['blue', 'green'] as const)('lets the services migrate and work as %s', async (name) => {
    await bootstrap()
    await using database = disposable(openAs(`chat_${name}`, passwords[name]))
    await migrate(database.value, () => undefined)
    const rooms = new Rooms(database.value)
    await new Users(database.value).add('alice', 'hash')
    const { room } = await rooms.create({ slug: 'lobby', title: 'Lobby', createdBy: 'alice' })
    const { id } = await rooms.key(room)
    const message = { room: id, kind: 'message', sender: 'alice', clientId: 'one', body: 'hello' }
    expect(await new Writer(database.value).append(message)).toMatchObject({ seq: 1, repeated: false })
    await new Revocations(database.value).add('user', 'alice', Date.now())
    await new Revocations(database.value).purge()
    expect(await rooms.heads([id])).toMatchObject([{ lastSeq: 1 }])
  })

  test('denies them everything else', async () => {
    await bootstrap()
    await using database = disposable(openAs('chat_blue', passwords.blue))
    await migrate(database.value, () => undefined)
    const denied = { errno: expect.toBeOneOf([1044, 1142, 1227, 1410]) }
    for (const sql of [
      'SELECT * FROM others.secrets',
      'SELECT * FROM mysql.global_priv',
      'CREATE TABLE others.mine (id INT PRIMARY KEY)',
      'CREATE DATABASE mine',
      'DROP TABLE chat.users',
      'TRUNCATE chat.users',
      "CREATE USER eve@'%'",
      "GRANT SELECT ON chat.* TO chat_green@'%'",
      'SET GLOBAL read_only = 1',
    ])
      await expect(database.value.execute(sql), sql).rejects.toMatchObject(denied)
  })
})

describe('the administrator of a database that a provider runs', () => {
  const PASSWORD = 'administrator-password'
  const script = externalBootstrap('provider', 'mysql-administrator')
  // What providers grant: no SUPER, nothing on all databases that they do not have themselves.
  const provided =
    'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER'

  beforeAll(async () => {
    await admin.execute('CREATE USER provider@? IDENTIFIED BY ?', ['%', PASSWORD])
    await admin.execute(`GRANT ${provided} ON *.* TO provider@'%' WITH GRANT OPTION`)
    await writeFile(join(dir, 'password'), PASSWORD)
  })

  test('makes the same users, and can do it again', async () => {
    for (let run = 1; run <= 2; run++) {
      expect(await bootstrap({}, {}, script)).toContain('the users chat_blue and chat_green are there')
      expect(await grants('chat_blue')).toEqual(granted('chat_blue'))
    }
    await admin.execute("GRANT DROP ON chat.* TO chat_green@'%'")
    await bootstrap({}, {}, script)
    expect(await grants('chat_green')).toEqual(granted('chat_green'))
  })

  test('may not run the script of a database of the platform', async () => {
    const asRoot = BOOTSTRAP.replace('user=root', 'user=provider').replace('$SECRETS/root', '$SECRETS/password')
    await expect(bootstrap({}, {}, asRoot)).rejects.toMatchObject({ stderr: expect.stringContaining('Access denied') })
  })

  test('has its own Secret in the message', async () => {
    await writeFile(join(dir, 'password'), '')
    await expect(bootstrap({}, {}, script)).rejects.toMatchObject({
      stderr: expect.stringContaining('the key password of the Secret mysql-administrator must be printable'),
    })
  })
})

describe('a later run', () => {
  test('changes nothing when nothing has changed', async () => {
    await bootstrap()
    await admin.execute('CREATE TABLE chat.kept (id INT PRIMARY KEY)')
    await bootstrap()
    expect(await admin.query('SELECT * FROM chat.kept')).toEqual([])
    expect(await grants('chat_blue')).toEqual(granted('chat_blue'))
    expect(await connectionResult('chat_blue', passwords.blue)).toBe('accepted')
  })

  test('applies a changed password to its user only, and keeps open connections', async () => {
    await bootstrap()
    await using inUse = disposable(openAs('chat_green', passwords.green))
    await inUse.value.query('SELECT 1')
    await bootstrap({ blue: 'another-password-of-blue' })
    expect(await connectionResult('chat_blue', passwords.blue)).toBe('ER_ACCESS_DENIED_ERROR')
    expect(await connectionResult('chat_blue', 'another-password-of-blue')).toBe('accepted')
    expect(await connectionResult('chat_green', passwords.green)).toBe('accepted')
    await inUse.value.query('SELECT 1')
  })

  test('revokes privileges that were granted by hand', async () => {
    await bootstrap()
    await admin.execute('GRANT DROP, TRIGGER ON chat.* TO chat_blue@? WITH GRANT OPTION', ['%'])
    await admin.execute('GRANT PROCESS ON *.* TO chat_blue@? WITH GRANT OPTION', ['%'])
    await bootstrap()
    expect(await grants('chat_blue')).toEqual(granted('chat_blue'))
  })
})

describe('passwords', () => {
  test('are on no command line, and the file with the password of root has mode 0600', async () => {
    await bootstrap()
    const seen = await readFile(join(dir, 'arguments'), 'utf8')
    expect(seen).toContain('--defaults-file')
    for (const password of Object.values(passwords)) expect(seen).not.toContain(password)
    expect((await stat(join(dir, 'client.cnf'))).mode & 0o777).toBe(0o600)
  })

  test.each([
    [
      'with a quote',
      "blue' OR '1'='1-password",
      'the key blue of the Secret mysql-application-users may have only letters',
    ],
    ['with a line break', 'blue-password\nof-24-characters', 'may have only letters, digits and . _ ~ -'],
    ['that is empty', '', 'may have only letters'],
    ['that is short', 'short-password1', 'must have at least 16 characters'],
  ])('%s are refused before a change, and not printed', async (_, blue, message) => {
    const failure = await bootstrap({ blue }).catch((error: unknown) => error as { code: number; stderr: string })
    expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining(message) })
    expect((failure as { stderr: string }).stderr.split('\n')).not.toContainEqual(
      expect.stringMatching(/OR|of-24|password1/),
    )
    expect(await admin.query("SHOW DATABASES LIKE 'chat'")).toEqual([])
  })

  test('of root may have any printable characters', async () => {
    await expect(bootstrap({ root: 'a\nb' })).rejects.toMatchObject({
      stderr: expect.stringContaining('the key root of the Secret mysql-secrets must be printable'),
    })
    await expect(bootstrap({ root: `${SPECIAL_CHARACTERS} ` })).rejects.toMatchObject({
      stderr: expect.stringContaining('Access denied'),
    })
  })
})

test('a database that does not answer fails the run, so that the Job retries', async () => {
  await expect(bootstrap({}, { DATABASE_PORT: '1' })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the database does not answer; trying again later'),
  })
})

test('with a CA it connects only to a server with a valid certificate', async () => {
  await expect(bootstrap({}, { DATABASE_CA: join(dir, 'ca.crt') })).rejects.toMatchObject({
    stderr: expect.stringContaining('SSL is required, but the server does not support it'),
  })
  const options = (await readFile(join(dir, 'client.cnf'), 'utf8')).split('\n')
  expect(options).toEqual(expect.arrayContaining([`ssl-ca=${dir}/ca.crt`, 'loose-ssl-mode=VERIFY_IDENTITY']))
  expect(await admin.query("SHOW DATABASES LIKE 'chat'")).toEqual([])
})

function disposable(value: Database) {
  return { value, [Symbol.asyncDispose]: () => value.close() }
}
