import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { uniqueName } from '@chat-app/testing'
import { call } from '../client/api.ts'
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

describe('registration', () => {
  const start = async (registration: string) => {
    const service = await startService('api', {
      DATABASE_URL: store.mariaDb.url,
      REDIS_URL: redis.url,
      JWT_SECRET,
      REGISTRATION: registration,
    })
    onTestFinished(() => service.stop())
    const register = (name: string, invitation?: unknown) =>
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
    return { register, as }
  }

  test('by invitation: a code of the staff admits so many, until it is over or ended', async () => {
    const { register, as } = await start('invitation')
    const [staff, anyone] = [await as(uniqueName('staff'), 'staff'), await as(uniqueName('anyone'), 'user')]
    const refused = { status: 403, code: 'forbidden', field: 'invitation' }
    const name = (text: string) => uniqueName(text)
    for (const code of [undefined, 'unknown']) await expect(register(name('x'), code)).rejects.toMatchObject(refused)
    for (const code of [7, '', 'a b', 'x'.repeat(65)])
      await expect(register(name('x'), code)).rejects.toMatchObject({ status: 400, field: 'invitation' })

    const made = await staff<{ id: number; code: string }>('POST', '', { uses: 2, hours: 1 })
    const [taken, ...more] = [name('ann'), name('bob'), name('eve')]
    await register(taken, made.code)
    // A name that is taken uses nothing up.
    await expect(register(taken, made.code)).rejects.toMatchObject({ status: 409 })
    const both = await Promise.allSettled(more.map((who) => register(who, made.code)))
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])

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
    await expect(register(name('x'), code)).rejects.toMatchObject(refused)
    const over = await staff<{ id: number; code: string }>('POST', '', {})
    await store.database.execute('UPDATE registration_invitations SET expires_at = 1 WHERE id = ?', [over.id])
    await expect(register(name('x'), over.code)).rejects.toMatchObject(refused)
    for (const body of [{ uses: 0 }, { uses: 1001 }, { hours: 0 }, { hours: 1e9 }])
      await expect(staff('POST', '', body)).rejects.toMatchObject({ status: 400, field: Object.keys(body)[0] })
  })

  test('off: nobody registers, and there are no invitations', async () => {
    const { register, as } = await start('off')
    await expect(register(uniqueName('x'), 'abc')).rejects.toMatchObject({ status: 403, field: 'name' })
    const admin = await as(uniqueName('admin'), 'admin')
    await expect(admin('POST', '', {})).rejects.toMatchObject({ status: 422, code: 'refused' })
  })
})
