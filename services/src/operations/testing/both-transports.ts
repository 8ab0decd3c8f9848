import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { expect, onTestFinished } from 'vitest'
import { openSocket, type RawSocket } from '../../../test/raw-socket.ts'
import { createApp } from '../../api/app.ts'
import { handleErrors } from '../../api/errors.ts'
import { operationRoutes } from '../../api/operations.ts'
import { Buffers } from '../../connection/buffers.ts'
import { handleWriter } from '../../connection/frame-writer.ts'
import { SocketServer } from '../../connection/server.ts'
import { Flushes } from '../../connection/turn.ts'
import { Users } from '../../connection/users.ts'
import { Policy } from '../../policy/policy.ts'
import type { Account, Member } from '../../policy/types.ts'
import type { FeedServices } from '../../feed/feed-services.ts'
import { LiveRoom } from '../../room/live-room.ts'
import type { NewAction } from '../../room/messages.ts'
import type { Sessions } from '../../session/sessions.ts'
import type { RoomAccess, Standing } from '../../store/room-access.ts'
import type { RoomKey } from '../../store/rooms.ts'
import { SecurityLog } from '../../support/security-log.ts'
import { Semaphore } from '../../support/semaphore.ts'
import type { OperationServices } from '../call.ts'

export const EPOCH = 7
export const AT = 1234
export const EXPIRES_AT = Date.UTC(2100)

const account = (userId: number): Pick<Standing, 'account'> => ({
  account: { userId, name: `user ${userId}`, role: 'user', kind: 'user', isBanned: false } satisfies Account,
})
const member = (role: Member['role']): Pick<Standing, 'member'> => ({ member: { role, fromSeq: 0 } })

const anyMember: Member = { role: 'member', fromSeq: 0 }

const NOBODY: Standing = { account: undefined, member: undefined, invitation: undefined }
/** What every room knows of them. */
const STANDINGS: Readonly<Record<string, Partial<Standing>>> = {
  alice: { ...account(1), ...member('owner') },
  bob: { ...account(2), ...member('member') },
  carol: { ...account(3), invitation: 'invited' },
  dave: { ...account(4), invitation: 'requested' },
  erin: account(5),
}
const standing = (name: string): Standing => ({ ...NOBODY, ...STANDINGS[name] })

const ROOMS: Readonly<Record<string, RoomAccess['rules']>> = {
  kitchen: { kind: 'group', join: 'invite', post: 'everyone', history: 'all' },
  square: { kind: 'public', join: 'open', post: 'everyone', history: 'all' },
  club: { kind: 'public', join: 'request', post: 'everyone', history: 'all' },
}

/** Both transports over rooms in memory. What is appended and added is kept. */
export async function open({ isOn = true, isOnEverywhere = isOn }: { isOn?: boolean; isOnEverywhere?: boolean } = {}) {
  const log: { room: string; event: NewAction }[] = []
  const invitations: object[] = []
  const created: object[] = []
  const reads: string[] = []
  const find = (slug: string, asker: string, subject = ''): RoomAccess | undefined => {
    const rules = ROOMS[slug]
    if (!rules) return undefined
    return {
      key: { id: Object.keys(ROOMS).indexOf(slug) + 1, slug, channel: slug },
      rules,
      title: 'A room',
      topic: undefined,
      recallWithinSeconds: undefined,
      expireAfterSeconds: undefined,
      maxMembers: undefined,
      epoch: EPOCH,
      lastSeq: 3,
      now: AT,
      asker: standing(asker),
      subject: standing(subject),
      isBlock: false,
    }
  }
  const services = {
    rooms: {
      key: (slug: string) => Promise.resolve({ id: 1, slug, channel: slug }),
      head: ({ id }: RoomKey) => Promise.resolve({ id, epoch: EPOCH, lastSeq: 3, last: undefined }),
      enrol: () => Promise.resolve(anyMember),
      memberships: { of: () => Promise.resolve(anyMember), read: () => Promise.resolve(anyMember) },
      create: (options: { slug?: string; title: string }) => {
        created.push(options)
        return Promise.resolve({ room: options.slug ?? 'random', title: options.title, epoch: EPOCH })
      },
    },
    events: {
      history: (_room: number, before: number) => Promise.resolve([1, 2, 3].filter((seq) => seq < before).map(event)),
      messagesFrom: (_room: number, from: number) => Promise.resolve([1, 2, 3].filter((seq) => seq >= from).map(event)),
      readable: (_room: number, after: number) => Promise.resolve([1, 2, 3].filter((seq) => seq > after).map(event)),
      page: () => Promise.resolve({ lastSeq: 3, events: [] }),
    },
    messages: {
      append: (room: RoomKey, event: NewAction) => {
        const before = log.findIndex((each) => each.event.clientId === event.clientId)
        if (event.fault) reads.push('client id')
        if (event.fault && before < 0) return Promise.reject(event.fault)
        if (before < 0) log.push({ room: room.slug, event })
        const seq = before < 0 ? 3 + log.length : 4 + before
        return Promise.resolve({ epoch: EPOCH, seq, at: AT, repeated: before >= 0 })
      },
    },
    access: {
      find: (slug: string, asker: string, subject?: string) => {
        reads.push('room')
        return Promise.resolve(find(slug, asker, subject))
      },
    },
    members: {
      page: () => Promise.resolve({ members: [{ user: 'bob', role: 'member', joinedAt: AT }], next: 'bmV4dA' }),
    },
    invitations: {
      add: (room: number, added: object) => Promise.resolve(void invitations.push({ room, ...added })),
      remove: (room: number, user: number) => Promise.resolve(void invitations.push({ room, removed: user })),
      ofRoom: () => Promise.resolve({ requests: [{ user: 'dave', state: 'requested', at: AT }] }),
      ofUser: () => Promise.resolve({ invitations: [{ room: 'kitchen', title: 'A room', state: 'invited', at: AT }] }),
    },
    ownRooms: { page: () => Promise.resolve({ rooms: [] }), setNotify: () => Promise.resolve() },
    directory: {
      page: () =>
        Promise.resolve({
          rooms: [{ room: 'kitchen', title: 'A room', join: 'open', members: 2, activeAt: AT }],
          next: 'bmV4dA',
        }),
    },
    mentions: { page: () => Promise.resolve({ mentions: [{ room: 'kitchen', ...event(2) }], next: 'bmV4dA' }) },
    people: {
      find: () => Promise.resolve([{ user: 'bob', displayName: 'Bob B.' }]),
      get: () => Promise.resolve({ user: 'bob', displayName: 'Bob B.' }),
      setDisplayName: () => Promise.resolve(),
      senders: () => Promise.resolve([{ user: 'bob', isDeleted: true }]),
    },
    reports: { add: () => Promise.resolve(false) },
    blocks: {
      add: () => Promise.resolve(false),
      remove: () => Promise.resolve(),
      page: () => Promise.resolve({ blocks: [{ user: 'bob', at: AT }] }),
    },
    directRooms: {
      open: () => Promise.resolve({ room: 'random', epoch: EPOCH, seq: 0 }),
      setRule: () => Promise.resolve(),
    },
    features: { isOn, isOnEverywhere },
    policy: new Policy(),
  } as unknown as OperationServices
  const told: object[] = []
  return {
    log,
    invitations,
    created,
    reads,
    told,
    http: await listenHttp(services),
    ...(await listenSockets(services, feedsOf(told))),
  }
}

export const event = (seq: number) => ({ seq, kind: 'message', sender: 'bob', clientId: `c${seq}`, body: 'x', at: AT })

/** The token of a user is the name. */
const sessions = {
  verify: (user: string) =>
    Promise.resolve({
      user,
      userId: standing(user).account?.userId ?? 0,
      role: 'user',
      kind: 'user',
      tokenId: user,
      sessionId: 's',
      issuedAt: 0,
      expiresAt: EXPIRES_AT,
    }),
  // The clock of the tokens.
  now: () => AT,
  onRevoked: () => undefined,
} as unknown as Sessions

async function listenHttp(operations: OperationServices): Promise<string> {
  const app = await createApp({ trustedProxies: [], allowedOrigins: [] })
  const log = pino({ level: 'silent' })
  handleErrors(app, log, new SecurityLog(log))
  const unlimited = { take: () => Promise.resolve(), giveBack: () => Promise.resolve() }
  operationRoutes(app, {
    operations,
    sessions,
    limits: { requests: unlimited, rooms: unlimited, people: unlimited, reports: unlimited },
  })
  onTestFinished(() => app.close())
  return app.listen({ host: '127.0.0.1', port: 0 })
}

async function listenSockets(
  operations: OperationServices,
  feeds: FeedServices,
): Promise<{ readonly ws: string; readonly socket: (user: string) => Promise<RawSocket> }> {
  const server = createServer()
  const head = { epoch: EPOCH, lastSeq: 3, last: undefined }
  const { rooms, events } = operations
  const hub = { enter: (key: RoomKey) => Promise.resolve(new LiveRoom(roomOptions(key), head)), leave: () => undefined }
  new SocketServer({
    nodeId: 'node-1',
    server,
    services: {
      ...({ hub, rooms, events } as unknown as Pick<OperationServices, 'rooms' | 'events'> & { hub: never }),
      operations,
      sessions,
      feeds,
      reads: new Semaphore(3, 1000),
      heartbeat: { intervalMs: 60_000, timeoutMs: 60_000 },
      users: new Users({ perSecond: 0, burst: 1 }),
      buffers: new Buffers(1024 * 1024 * 1024),
      writeFrame: handleWriter(),
      flushes: new Flushes(),
      onError: (error) => expect.fail(String(error)),
    },
    rules: {
      sessions,
      allowedOrigins: [],
      maxConnections: 1000,
      userConnections: { take: () => Promise.resolve(), release: () => undefined },
      queries: new Semaphore(1, 1),
    },
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const ws = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ws,
    socket: async (user) => {
      const socket = await openSocket(ws, { token: user })
      onTestFinished(() => socket.socket.terminate())
      return socket
    },
  }
}

/** What is told to others is kept. */
function feedsOf(told: object[]): FeedServices {
  const key = (slug: string) => ({ id: Object.keys(ROOMS).indexOf(slug) + 1, slug, channel: slug })
  const state = (slug: string) => ({ ...key(slug), epoch: EPOCH, lastSeq: 3, rules: ROOMS[slug] })
  return {
    features: { isOn: true },
    policy: new Policy(),
    presence: { connected: () => undefined, disconnected: () => undefined, watch: () => undefined },
    followed: { follow: (room: RoomKey) => ({ room: { key: room, lastSeq: 3 } }), unfollow: () => undefined },
    marks: {
      hurry: () => undefined,
      add: (room: RoomKey, { user, userId, seq }: { user: string; userId: number; seq: number }) =>
        told.push({ room: room.slug, user, userId, seq }),
    },
    typing: { take: () => true },
    blocks: { isUnheard: () => Promise.resolve(false), among: () => Promise.resolve(new Set()) },
    bus: { publishEphemeral: (channel: string, what: object) => told.push({ channel, ...what }) },
    states: {
      ranges: () => Promise.resolve(new Map()),
      heads: (slugs: readonly string[]) =>
        Promise.resolve(new Map(slugs.filter((slug) => slug in ROOMS).map((slug) => [slug, state(slug)]))),
      marks: (ids: readonly number[], user: string) =>
        Promise.resolve(new Map(ids.flatMap((id) => (standing(user).member ? [[id, standing(user).member]] : [])))),
    },
    events: { changes: () => Promise.resolve({ events: [event(2)], next: undefined }) },
    syncs: new Semaphore(1, 10),
    inboxes: { page: () => Promise.resolve({ no: 0, entries: [] }) },
    userInboxes: { enter: () => undefined, leave: () => undefined },
    userIdOf: ({ user }: { user: string }) => Promise.resolve(standing(user).account?.userId),
  } as unknown as FeedServices
}

function roomOptions(key: RoomKey) {
  return {
    key,
    read: () => Promise.resolve({ lastSeq: 3, events: [] }),
    raiseEpoch: () => Promise.resolve(false),
    raiseOlderEpoch: () => Promise.resolve(false),
    ringFrames: 1,
    budget: { usedBytes: 0, maxBytes: 1024 },
  }
}
