import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { eventually, uniqueName } from '@chat-app/testing'
import { call, login, register } from '../client/api.ts'
import { Passwords } from '../src/session/passwords.ts'
import type { Row } from '../src/store/database.ts'
import { People } from '../src/store/people.ts'
import { Users } from '../src/store/users.ts'
import { JWT_SECRET, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'

// How people find each other, what they are called, and what they report.

let store: Store
let redis: RedisServer
let api: Service | undefined

beforeAll(async () => {
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
  api = await startService('api', { DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET })
})

afterAll(async () => {
  await Promise.all([api?.stop(), redis?.stop(), store?.[Symbol.asyncDispose]()])
})

interface User {
  readonly name: string
  get<T = object>(path: string): Promise<T>
  post<T = object>(path: string, body?: object): Promise<T>
}

async function user(name: string, changes: Readonly<Record<string, string | number>> = {}): Promise<User> {
  const token = await store.token(name)
  for (const [column, value] of Object.entries(changes))
    await store.database.execute(`UPDATE users SET ${column} = ? WHERE name = ?`, [value, name])
  const ask = <T>(method: string, path: string, body?: object) =>
    call<T>(api?.http ?? '', method, `/api/${path}`, token, body)
  return { name, get: (path) => ask('GET', path), post: (path, body = {}) => ask('POST', path, body) }
}

let ids = 0
const id = () => ({ clientId: `c${(ids += 1)}` })

const found = async (who: User, query: string, more = '') =>
  (await who.get<{ people: { user: string }[] }>(`chat/people?query=${encodeURIComponent(query)}${more}`)).people

describe('people', () => {
  test('are found by the beginning of their name or display name, and some by nobody', async () => {
    const word = uniqueName('Zoë').replace('-', '')
    const one = await user(`${word}.one`)
    const two = await user(`two.${word}`)
    await two.post('chat/display-name', { displayName: `${word} 50%_` })
    const [blocked, blocker] = [await user(`${word}.blocked`), await user(`${word}.blocker`)]
    await user(`${word}.banned`, { banned_until: 9_000_000_000_000 })
    await user(`${word}.deleted`, { deleted_at: 1 })
    await user(`${word}.visitor`, { kind: 'visitor' })
    await user(`_probe.${word}.x`)
    const me = await user(`${word}.me`)
    await me.post('chat/blocks', { user: blocked.name })
    await blocker.post('chat/blocks', { user: me.name })

    const all = [{ user: two.name, displayName: `${word} 50%_` }, { user: one.name }]
    for (const text of [word, word.toLowerCase(), word.replace('ë', 'E')])
      expect(await found(me, text)).toEqual(expect.arrayContaining(all))
    expect(await found(me, word)).toHaveLength(2)
    expect(await found(me, `${word} 50%_`)).toEqual([all[0]])
    for (const text of [`${word} 5%`, `${word}_one`, `_probe.${word}`, 'one']) expect(await found(me, text)).toEqual([])
    expect(await found(me, word, '&limit=1')).toHaveLength(1)
    await expect(found(me, word, '&limit=51')).rejects.toMatchObject({ status: 400, field: 'limit' })
    await expect(found(me, '')).rejects.toMatchObject({ status: 400, field: 'query' })

    expect(await me.get(`chat/people/${two.name}`)).toEqual(all[0])
    expect(await me.get(`chat/people/${me.name}`)).toEqual({ user: me.name })
    for (const absent of ['blocked', 'blocker', 'banned', 'deleted', 'visitor', 'nobody'].map((x) => `${word}.${x}`))
      await expect(me.get(`chat/people/${absent}`)).rejects.toMatchObject({
        status: 404,
        message: `there is no user "${absent}"`,
      })
  })

  test('say how they want to be called, which members see, and hostile texts are refused', async () => {
    const [ann, bob] = [await user(uniqueName('ann')), await user(uniqueName('bob'))]
    const displayName = '  <b>Ann</b> 安娜 👩‍🚀 "\'; -- '
    expect(await ann.post('chat/display-name', { displayName })).toEqual({ user: ann.name, displayName })
    const { room } = await bob.post<{ room: string }>('chat/rooms', { join: 'open' })
    await ann.post(`chat/rooms/${room}/join`)
    expect(await bob.get(`chat/rooms/${room}/members`)).toMatchObject({
      members: [{ user: ann.name, displayName }, { user: bob.name }],
    })
    for (const refused of ['', ' ', '\u3164', 'a\nb', 'a\u0000', '\u202eabc', '\ud800', 'x'.repeat(65), 7])
      await expect(ann.post('chat/display-name', { displayName: refused })).rejects.toMatchObject({
        status: 400,
        field: 'displayName',
      })
    expect(await ann.post('chat/display-name', { displayName: null })).toEqual({ user: ann.name })
    expect(await ann.get(`chat/people/${ann.name}`)).toEqual({ user: ann.name })
  })
})

test('senders are described to a member by what the member may read of them', async () => {
  const [ann, bob, eve] = [await user(uniqueName('ann')), await user(uniqueName('bob')), await user(uniqueName('eve'))]
  const { room } = await ann.post<{ room: string }>('chat/rooms', { join: 'open', history: 'since-joining' })
  await bob.post(`chat/rooms/${room}/join`)
  const say = (who: User) => who.post(`chat/rooms/${room}/messages`, { ...id(), body: 'hello' })
  for (const who of [ann, bob]) await say(who)
  await eve.post(`chat/rooms/${room}/join`)
  await say(ann)
  const senders = async (who: User) => {
    const asked = { users: [ann.name, bob.name] }
    const { people } = await who.post<{ people: { user: string }[] }>(`chat/rooms/${room}/senders`, asked)
    return new Set(people.map(({ user: name }) => name))
  }
  expect(await senders(ann)).toEqual(new Set([ann.name, bob.name]))
  expect(await senders(eve)).toEqual(new Set([ann.name]))
})

describe('a report', () => {
  test('is kept once for a user and message; administrators read it and close it, and each act is noted', async () => {
    const names = ['ann', 'bob', 'eve'].map((name) => uniqueName(name))
    const [ann, bob, eve] = (await Promise.all(names.map((name) => user(name)))) as [User, User, User]
    const root = await user(uniqueName('root'), { role: 'admin' })
    const staff = await user(uniqueName('staff'), { role: 'staff' })
    const { room } = await ann.post<{ room: string }>('chat/rooms', { join: 'open', history: 'since-joining' })
    const say = async (who: User, body: string) =>
      (await who.post<{ seq: number }>(`chat/rooms/${room}/messages`, { ...id(), body })).seq
    const early = await say(ann, 'early')
    await bob.post(`chat/rooms/${room}/join`)
    const [bad, own, gone] = [await say(ann, 'something bad'), await say(bob, 'own'), await say(ann, 'gone')]
    await ann.post(`chat/rooms/${room}/messages/${gone}/recall`, id())
    const report = (who: User, seq: number, reason: unknown = 'It insults me.') =>
      who.post(`chat/rooms/${room}/messages/${seq}/report`, { reason })

    expect(await report(bob, bad)).toEqual({ room, target: bad })
    expect(await report(bob, bad, 'once more')).toEqual({ room, target: bad })
    for (const seq of [early, bad + 1000]) await expect(report(bob, seq)).rejects.toMatchObject({ status: 404 })
    await expect(report(bob, gone)).rejects.toMatchObject({ status: 422, field: 'target' })
    await expect(report(bob, own)).rejects.toMatchObject({ status: 400, field: 'target' })
    for (const reason of ['', 'a\u0000', 'x'.repeat(501)])
      await expect(report(bob, bad, reason)).rejects.toMatchObject({ status: 400, field: 'reason' })
    for (const who of [eve, root]) await expect(report(who, bad)).rejects.toMatchObject({ status: 403 })

    type Listed = { reports: { id: number; by: string }[] }
    const listOf = async (state: string) =>
      (await root.get<Listed>(`admin/reports?limit=200&state=${state}`)).reports.filter(({ by }) => by === bob.name)
    const [listed] = await listOf('open')
    expect(listed).toEqual({
      id: expect.any(Number),
      room,
      seq: bad,
      sender: ann.name,
      by: bob.name,
      reason: 'It insults me.',
      at: expect.any(Number),
    })
    const at = `admin/reports/${listed?.id}`
    for (const who of [ann, staff]) {
      await expect(who.get('admin/reports')).rejects.toMatchObject({ status: 403 })
      await expect(who.post(`${at}/read`, { reason: 'x' })).rejects.toMatchObject({ status: 403 })
      await expect(who.post(`${at}/close`, { reason: 'x' })).rejects.toMatchObject({ status: 403 })
    }
    await expect(root.post(`${at}/read`)).rejects.toMatchObject({ status: 400, field: 'reason' })
    expect(await root.post(`${at}/read`, { reason: 'to judge it' })).toMatchObject({
      room,
      event: { seq: bad, body: 'something bad', sender: ann.name },
    })
    await root.post(`${at}/close`, { reason: 'ann was warned' })
    await expect(root.post(`${at}/close`, { reason: 'again' })).rejects.toMatchObject({ status: 404 })
    await expect(root.post('admin/reports/999999/read', { reason: 'x' })).rejects.toMatchObject({ status: 404 })
    expect(await listOf('open')).toEqual([])
    expect(await listOf('closed')).toMatchObject([{ ...listed, closedBy: root.name }])
    const { entries } = await root.get<{ entries: { by: string }[] }>('admin/audit?limit=200')
    expect(entries.filter(({ by }) => by === root.name)).toMatchObject(
      [
        ['report.read', 'to judge it'],
        ['report.close', 'ann was warned'],
      ].map(([action, reason]) => ({ action, reason, subject: room, after: { report: listed?.id, seq: bad } })),
    )
  })
})

interface Registered extends User {
  remove(): Promise<void>
  export(): Promise<Response>
}

/** Somebody with a password. */
async function registered(text: string, service = api): Promise<Registered> {
  const [name, password] = [uniqueName(text), 'seven green ladders']
  const { token } = await register(service?.http ?? '', { name, password })
  const ask = <T>(method: string, path: string, body?: object) =>
    call<T>(service?.http ?? '', method, `/api/${path}`, token, body)
  return {
    name,
    get: (path) => ask('GET', path),
    post: (path, body = {}) => ask('POST', path, body),
    remove: () => ask('POST', 'users/me/delete', { password }),
    export: () => fetch(`${service?.http}/api/users/me/export`, { headers: { Authorization: `Bearer ${token}` } }),
  }
}

/** Nothing is left to do for somebody who was deleted longer ago than any process accepts a token. */
async function endWork({ name }: User): Promise<void> {
  await store.database.execute('UPDATE users SET deleted_at = 1 WHERE name = ?', [name])
  await eventually(async () =>
    expect(
      await store.database.query(
        'SELECT user FROM account_work JOIN users ON users.id = account_work.user WHERE users.name = ?',
        [name],
      ),
    ).toEqual([]),
  )
}

describe('an account', () => {
  const say = async (who: User, room: string, body: string) =>
    (await who.post<{ seq: number }>(`chat/rooms/${room}/messages`, { ...id(), body })).seq

  test('that is deleted leaves its rooms by events, owned ones to others, and its messages under its name', async () => {
    const [ann, bob] = [await registered('ann'), await user(uniqueName('bob'))]
    await ann.post('chat/display-name', { displayName: 'Ann A.' })
    const { room } = await ann.post<{ room: string }>('chat/rooms', { join: 'open' })
    const { room: alone } = await ann.post<{ room: string }>('chat/rooms')
    await bob.post(`chat/rooms/${room}/join`)
    const { room: direct } = await bob.post<{ room: string }>('chat/direct-rooms', { user: ann.name })
    const seq = await say(ann, room, 'what stays')
    await say(ann, alone, 'alone')
    await say(ann, direct, 'between us')
    const senders = () => bob.post(`chat/rooms/${room}/senders`, { users: [ann.name, bob.name, uniqueName('x')] })
    expect(await senders()).toEqual({ room, people: [{ user: ann.name, displayName: 'Ann A.' }] })

    await ann.remove()
    await eventually(async () => {
      expect(await bob.get(`chat/rooms/${room}/members`)).toMatchObject({
        members: [{ user: bob.name, role: 'owner' }],
      })
    })
    expect(await bob.get(`chat/rooms/${room}/messages?after=${seq}`)).toMatchObject({
      events: [
        { kind: 'member', sender: 'system', data: { user: bob.name, change: 'role', role: 'owner' } },
        { kind: 'member', sender: 'system', data: { user: ann.name, change: 'removed' } },
      ],
    })
    expect(await bob.get(`chat/rooms/${room}/messages`)).toMatchObject({
      events: [{ sender: ann.name, body: 'what stays' }],
    })
    expect(await senders()).toEqual({ room, people: [{ user: ann.name, isDeleted: true }] })
    expect(await bob.get(`chat/rooms/${direct}/members`)).toMatchObject({
      members: [{ user: ann.name, isDeleted: true }, { user: bob.name }],
    })
    expect(await bob.get('chat/rooms')).toMatchObject({
      rooms: [{ room }, { room: direct, peer: ann.name, isPeerDeleted: true }],
    })
    await expect(say(bob, direct, 'x')).rejects.toMatchObject({ status: 403 })
    expect(await found(bob, ann.name)).toEqual([])
    const rest = await store.database.query(
      `SELECT memberships.room FROM memberships JOIN rooms ON rooms.id = memberships.room
       WHERE member = ? AND kind <> 'direct'`,
      [ann.name],
    )
    expect(rest).toEqual([])
  })

  test('that another process has let in a moment after its deletion leaves again, and gets no display name', async () => {
    const [ann, bob] = [await registered('ann'), await user(uniqueName('bob'))]
    const { room } = await bob.post<{ room: string }>('chat/rooms', { join: 'open' })
    await ann.post(`chat/rooms/${room}/join`)
    await ann.remove()
    const members = async () =>
      (await bob.get<{ members: { user: string }[] }>(`chat/rooms/${room}/members`)).members.map(
        ({ user: name }) => name,
      )
    await eventually(async () => expect(await members()).toEqual([bob.name]))

    await store.rooms.memberships.enrol(await store.rooms.key(room), ann.name)
    const [{ id: annId } = { id: 0 }] = await store.database.query<Row & { id: number }>(
      'SELECT id FROM users WHERE name = ?',
      [ann.name],
    )
    await new People(store.database).setDisplayName(annId, 'Ann again')
    await endWork(ann)
    expect(await members()).toEqual([bob.name])
    expect(await store.database.query('SELECT display_name FROM users WHERE id = ?', [annId])).toEqual([
      { display_name: null },
    ])
  })

  test('that has owned a room which has ended leaves it too', async () => {
    const [ann, bob] = [await registered('ann'), await user(uniqueName('bob'))]
    const { room } = await ann.post<{ room: string }>('chat/rooms', { join: 'open' })
    await bob.post(`chat/rooms/${room}/join`)
    await ann.post(`chat/rooms/${room}/end`, id())
    await ann.remove()
    await eventually(async () =>
      expect(await bob.get(`chat/rooms/${room}/members`)).toMatchObject({ members: [{ user: bob.name }] }),
    )
  })

  test('takes its messages along, those in rooms that it has left too, where the process that deletes it is set so', async () => {
    const recalling = await startService('api', {
      DATABASE_URL: store.mariaDb.url,
      REDIS_URL: redis.url,
      JWT_SECRET,
      DELETED_MESSAGES: 'recall',
    })
    onTestFinished(() => recalling.stop())
    // The work is that of any process, also of one that is set to keep messages.
    const ann = await registered('ann', recalling)
    const { room } = await ann.post<{ room: string }>('chat/rooms', { join: 'open' })
    const { room: left } = await ann.post<{ room: string }>('chat/rooms', { join: 'open' })
    const token = await store.token(uniqueName('bob'))
    const asBob = <T = object>(method: string, path: string, body?: object) =>
      call<T>(recalling.http, method, `/api/chat/${path}`, token, body)
    for (const each of [room, left]) {
      await asBob('POST', `rooms/${each}/join`)
      await Promise.all(Array.from({ length: 120 }, (_, i) => say(ann, each, `secret ${i}`)))
      await asBob('POST', `rooms/${each}/messages`, { ...id(), body: 'of bob' })
    }
    const me = (await asBob<{ members: { user: string }[] }>('GET', `rooms/${left}/members`)).members
    const bob = me.find(({ user: name }) => name !== ann.name)?.user
    await ann.post(`chat/rooms/${left}/members/${bob}/role`, { ...id(), role: 'owner' })
    await ann.post(`chat/rooms/${left}/leave`, id())

    const bodies = async (each: string) => {
      const { events } = await asBob<{ events: { body: string }[] }>('GET', `rooms/${each}/messages?limit=200`)
      expect(events).toHaveLength(121)
      return events.flatMap(({ body }) => (body === '' ? [] : [body]))
    }
    await ann.remove()
    await eventually(async () => {
      for (const each of [room, left]) expect(await bodies(each)).toEqual(['of bob'])
    })
    // As if another process had taken one more.
    const { id: key } = await store.rooms.key(left)
    await store.database.execute(
      `UPDATE room_events SET recalled_at = NULL, body = 'late' WHERE room = ? AND kind = 'message' AND sender = ?
       ORDER BY client_id LIMIT 1`,
      [key, ann.name],
    )
    await endWork(ann)
    for (const each of [room, left]) expect(await bodies(each)).toEqual(['of bob'])
  })

  test('is exported with what is stored of it, and of nobody else', async () => {
    const [ann, bob] = [await registered('ann'), await user(uniqueName('bob'))]
    await ann.post('chat/direct-rule', { from: 'nobody' })
    await ann.post('chat/display-name', { displayName: 'Ann A.' })
    await ann.post('chat/blocks', { user: bob.name })
    const { room } = await ann.post<{ room: string }>('chat/rooms', { join: 'open', title: 'Plans' })
    await bob.post(`chat/rooms/${room}/join`)
    const reported = await say(bob, room, 'of bob')
    await ann.post(`chat/rooms/${room}/messages/${reported}/report`, { reason: 'rude' })
    await ann.post(`chat/rooms/${room}/notify`, { notify: 'none' })
    const eve = await user(uniqueName('eve'))
    const { room: other } = await eve.post<{ room: string }>('chat/rooms')
    await eve.post(`chat/rooms/${other}/invitations`, { user: ann.name })
    for (let i = 0; i < 3; i += 1) await say(ann, room, `mine ${i}`)
    const gone = await say(ann, room, 'recalled')
    await ann.post(`chat/rooms/${room}/messages/${gone}/recall`, id())

    const response = await ann.export()
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    const parts = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(parts.filter(({ part }) => part !== 'message')).toEqual([
      expect.objectContaining({ part: 'account', name: ann.name, displayName: 'Ann A.', directRule: 'nobody' }),
      expect.objectContaining({ part: 'session', address: '127.0.0.1' }),
      { part: 'block', user: bob.name, at: expect.any(Number) },
      { part: 'invitation', room: other, state: 'invited', at: expect.any(Number) },
      { part: 'report', room, seq: reported, reason: 'rude', at: expect.any(Number) },
      expect.objectContaining({ part: 'room', room, title: 'Plans', notify: 'none', readSeq: expect.any(Number) }),
    ])
    const bodies = parts.flatMap(({ part, body }) => (part === 'message' ? [body] : []))
    expect(bodies).toHaveLength(4)
    expect(new Set(bodies)).toEqual(new Set(['', 'mine 0', 'mine 1', 'mine 2']))
    expect(JSON.stringify(parts)).not.toContain('of bob')
  })
})

describe('registration', () => {
  const start = async (registration: string) => {
    const service = await startService('api', {
      DATABASE_URL: store.mariaDb.url,
      REDIS_URL: redis.url,
      JWT_SECRET,
      REGISTRATION: registration,
    })
    onTestFinished(() => service.stop())
    const registerAs = (name: string, invitation?: unknown) =>
      call<{ token: string }>(service.http, 'POST', '/api/users/register', undefined, {
        name,
        password: 'seven green ladders',
        invitation,
      })
    const as = async (name: string, role: string) => {
      const { name: who } = await user(name, { role })
      const token = await store.token(who)
      return <T>(method: string, path: string, body?: object) =>
        call<T>(service.http, method, `/api/users/invitations${path}`, token, body)
    }
    return { http: service.http, register: registerAs, as }
  }

  test('by invitation: a code of the staff admits so many, until it is over or ended', async () => {
    const { register: enter, as } = await start('invitation')
    const [staff, anyone] = [await as(uniqueName('staff'), 'staff'), await as(uniqueName('anyone'), 'user')]
    const refused = { status: 403, code: 'forbidden', field: 'invitation' }
    const name = (text: string) => uniqueName(text)
    for (const code of [undefined, 'unknown']) await expect(enter(name('x'), code)).rejects.toMatchObject(refused)
    for (const code of [7, '', 'a b', 'x'.repeat(65)])
      await expect(enter(name('x'), code)).rejects.toMatchObject({ status: 400, field: 'invitation' })

    const made = await staff<{ id: number; code: string }>('POST', '', { uses: 2, hours: 1 })
    const [taken, ...more] = [name('ann'), name('bob'), name('eve')]
    await enter(taken, made.code)
    // A name that is taken uses nothing up.
    await expect(enter(taken, made.code)).rejects.toMatchObject({ status: 409 })
    const both = await Promise.allSettled(more.map((who) => enter(who, made.code)))
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set(['fulfilled', 'rejected']))

    expect(await store.database.query('SELECT * FROM registration_invitations')).toEqual([])

    const { id, code } = await staff<{ id: number; code: string }>('POST', '', {})
    type Page = { invitations: { id: number }[] }
    const listed = (await staff<Page>('GET', '?limit=200')).invitations
    expect(listed).toEqual([
      { id, by: expect.stringMatching(/^staff/), at: expect.any(Number), expiresAt: expect.any(Number), usesLeft: 1 },
    ])
    for (const [method, path] of [
      ['POST', ''],
      ['GET', ''],
      ['DELETE', `/${id}`],
    ] as const)
      await expect(anyone(method, path, method === 'POST' ? {} : undefined)).rejects.toMatchObject({ status: 403 })
    await staff('DELETE', `/${id}`)
    await expect(staff('DELETE', `/${id}`)).rejects.toMatchObject({ status: 404 })
    await expect(enter(name('x'), code)).rejects.toMatchObject(refused)
    const over = await staff<{ id: number; code: string }>('POST', '', {})
    await store.database.execute('UPDATE registration_invitations SET expires_at = 1 WHERE id = ?', [over.id])
    await expect(enter(name('x'), over.code)).rejects.toMatchObject(refused)
    for (const body of [{ uses: 0 }, { uses: 1001 }, { hours: 0 }, { hours: 1e9 }])
      await expect(staff('POST', '', body)).rejects.toMatchObject({ status: 400, field: Object.keys(body)[0] })
  })

  test('by invitation: one of somebody who may make none any more admits nobody, and is not listed', async () => {
    const { register: enter, as } = await start('invitation')
    const makers = [
      ['role', 'user'],
      ['banned_until', 9_000_000_000_000],
      ['deleted_at', 1],
    ] as const
    const admin = await as(uniqueName('admin'), 'admin')
    const listed = async () =>
      (await admin<{ invitations: { by: string }[] }>('GET', '?limit=200')).invitations.map(({ by }) => by)
    for (const [column, value] of makers) {
      const name = uniqueName('staff')
      const { code } = await (await as(name, 'staff'))<{ code: string }>('POST', '', {})
      expect(await listed()).toContain(name)
      await store.database.execute(`UPDATE users SET ${column} = ? WHERE name = ?`, [value, name])
      expect(await listed()).not.toContain(name)
      await expect(enter(uniqueName('x'), code)).rejects.toMatchObject({ status: 403, field: 'invitation' })
    }
  })

  test('off: nobody registers, and there are no invitations', async () => {
    const { http, register: enter, as } = await start('off')
    await expect(enter(uniqueName('x'), 'abc')).rejects.toMatchObject({ status: 403, field: 'name' })
    const admin = await as(uniqueName('admin'), 'admin')
    await expect(admin('POST', '', {})).rejects.toMatchObject({ status: 422, code: 'refused' })
    // A proof makes its users in the database.
    const probe = { name: `_probe.owner123.${randomBytes(8).toString('hex')}`, password: 'seven green ladders' }
    const hash = await new Passwords(4).hash(probe.password, probe.name, 'prove')
    await new Users(store.database).add(probe.name, hash)
    await expect(login(http, probe)).resolves.toMatchObject({ token: expect.any(String) })
  })
})
