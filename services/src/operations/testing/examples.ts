import type { RawSocket, Frame } from '../../../test/raw-socket.ts'
import { call } from '../../../client/api.ts'
import { OPERATIONS } from '../registry.ts'
import { AT, EPOCH, event, EXPIRES_AT } from './both-transports.ts'

interface Example {
  /** @default alice */
  readonly as?: string
  readonly input: Readonly<Record<string, unknown>>
  /** What is stored, without what every event has. */
  readonly stores?: object
  /** What is answered, by both transports. */
  readonly answers?: object
  /** What happens to invitations. */
  readonly invites?: readonly object[]
  /** What others are told. */
  readonly tells?: readonly object[]
}

const ofMember = (data: object) => ({ kind: 'member', body: '', data })
const [room, clientId, target] = ['kitchen', 'c1', 2]

const EXAMPLES: Readonly<Record<string, Example>> = {
  joinRoom: { input: { room }, answers: { room, epoch: EPOCH, seq: 3 } },
  stopReceiving: { input: { room }, answers: { room } },
  renewToken: { input: { token: 'alice' }, answers: { expiresAt: new Date(EXPIRES_AT).toISOString() } },
  ping: { input: {}, answers: {} },
  sendMessage: {
    input: { room, clientId, body: 'hi', replyTo: 2, mentions: ['bob'], mentionsAll: true },
    stores: { kind: 'message', body: 'hi', data: { replyTo: 2, mentions: ['bob'], mentionsAll: true } },
  },
  editMessage: {
    input: { room, clientId, target, body: 'hi' },
    stores: { kind: 'edit', target, body: 'hi' },
  },
  recallMessage: { input: { room, clientId, target }, stores: { kind: 'recall', target, body: '' } },
  reactToMessage: {
    input: { room, clientId, target, reaction: '👍', change: 'add' },
    stores: { kind: 'reaction', target, body: '', data: { reaction: '👍', change: 'add' } },
  },
  pinMessage: {
    input: { room, clientId, target, change: 'remove' },
    stores: { kind: 'pin', target, body: '', data: { change: 'remove' } },
  },
  listMessages: {
    input: { room, before: 3, limit: 1 },
    answers: { room, epoch: EPOCH, events: [event(2)], hasMore: true },
  },
  listMentions: { input: { limit: 1 }, answers: { mentions: [{ room, ...event(2) }], next: 'bmV4dA' } },
  reportMessage: { input: { room, target, reason: 'spam' }, answers: { room, target } },
  searchPeople: { input: { query: 'bo', limit: 1 }, answers: { people: [{ user: 'bob', displayName: 'Bob B.' }] } },
  getUser: { input: { user: 'bob' }, answers: { user: 'bob', displayName: 'Bob B.' } },
  describeSenders: { input: { room, users: ['bob'] }, answers: { room, people: [{ user: 'bob', isDeleted: true }] } },
  setDisplayName: { input: { displayName: 'Alice A.' }, answers: { user: 'alice', displayName: 'Alice A.' } },
  createRoom: { input: { title: 'Kitchen' }, answers: { room: 'random', title: 'Kitchen', epoch: EPOCH } },
  getRoom: {
    input: { room },
    answers: { room, kind: 'group', join: 'invite', title: 'A room', epoch: EPOCH, seq: 3, role: 'owner' },
  },
  listRooms: { input: {}, answers: { rooms: [] } },
  changeSettings: {
    input: { room, clientId, title: 'New', topic: '', expireAfterSeconds: 60, maxMembers: null },
    stores: { kind: 'settings', body: '', data: { title: 'New', topic: '', expireAfterSeconds: 60, maxMembers: null } },
  },
  endRoom: { input: { room, clientId }, stores: { kind: 'settings', body: '', data: { ended: true } } },
  setNotify: { input: { room, notify: 'none' }, answers: { room, notify: 'none' } },
  listPublicRooms: {
    input: { query: 'kit', limit: 1 },
    answers: { rooms: [{ room, title: 'A room', join: 'open', members: 2, activeAt: AT }], next: 'bmV4dA' },
  },
  openDirectRoom: { input: { user: 'bob' }, answers: { room: 'random', user: 'bob', epoch: EPOCH, seq: 0 } },
  listMembers: {
    input: { room, limit: 1 },
    answers: { room, members: [{ user: 'bob', role: 'member', joinedAt: AT }], next: 'bmV4dA' },
  },
  inviteUser: {
    input: { room, user: 'erin' },
    answers: { room, user: 'erin' },
    invites: [{ room: 1, user: 5, state: 'invited', by: 1 }],
  },
  listInvitations: { input: {}, answers: { invitations: [{ room, title: 'A room', state: 'invited', at: AT }] } },
  acceptInvitation: {
    as: 'carol',
    input: { room, clientId },
    stores: ofMember({ user: 'carol', change: 'joined' }),
  },
  declineInvitation: {
    input: { room, user: 'dave' },
    answers: { room, user: 'dave' },
    invites: [{ room: 1, removed: 4 }],
  },
  askToJoin: {
    as: 'erin',
    input: { room: 'club' },
    answers: { room: 'club' },
    invites: [{ room: 3, user: 5, state: 'requested', by: 5 }],
  },
  listRequests: { input: { room }, answers: { room, requests: [{ user: 'dave', state: 'requested', at: AT }] } },
  approveRequest: {
    input: { room, user: 'dave', clientId },
    stores: ofMember({ user: 'dave', change: 'joined' }),
  },
  removeMember: { input: { room, user: 'bob', clientId }, stores: ofMember({ user: 'bob', change: 'removed' }) },
  leaveRoom: { as: 'bob', input: { room, clientId }, stores: ofMember({ user: 'bob', change: 'left' }) },
  setRole: {
    input: { room, user: 'bob', clientId, role: 'admin' },
    stores: ofMember({ user: 'bob', change: 'role', role: 'admin' }),
  },
  blockUser: { input: { user: 'bob' }, answers: { user: 'bob' } },
  unblockUser: { input: { user: 'bob' }, answers: { user: 'bob' } },
  setDirectRule: { input: { from: 'nobody' }, answers: { from: 'nobody' } },
  listBlocks: { input: {}, answers: { blocks: [{ user: 'bob', at: AT }] } },
  sync: { input: {}, answers: { rooms: [] } },
  listChanges: {
    input: { room, epoch: EPOCH, after: 0, upTo: 3 },
    answers: { room, epoch: EPOCH, changedSeq: 3, events: [event(2)], hasMore: false },
  },
  markRead: {
    input: { room, seq: 3 },
    answers: { room, user: 'alice', seq: 3 },
    tells: [{ room, user: 'alice', userId: 1, seq: 3 }],
  },
  tellTyping: { input: { room }, tells: [{ channel: room, is: 'typing', user: 'alice' }] },
  watchUsers: { input: { users: ['bob'] }, answers: {} },
  muteMember: {
    input: { room, user: 'bob', clientId, mutedUntil: 99 },
    stores: ofMember({ user: 'bob', change: 'muted', mutedUntil: 99 }),
  },
}

/** Each operation with its example. */
export const cases = OPERATIONS.map((operation) => ({ name: operation.name, operation, ...EXAMPLES[operation.name] }))

/** Asks over HTTP. @param extra fields to add */
export function overHttp(http: string, { operation, as, input }: (typeof cases)[number], extra: object = {}) {
  const { method = 'GET', path = '' } = operation.http ?? {}
  const rest: Record<string, unknown> = { ...input, ...extra }
  const filled = path.replaceAll(/:([a-z]+)/gi, (_, name: string) => {
    const value = text(rest[name])
    delete rest[name]
    return encodeURIComponent(value)
  })
  if (method !== 'GET') return call<Record<string, unknown>>(http, method, filled, as ?? 'alice', rest)
  const query = new URLSearchParams(Object.entries(rest).map(([name, value]): [string, string] => [name, text(value)]))
  return call<Record<string, unknown>>(http, method, `${filled}?${query.toString()}`, as ?? 'alice')
}

/** A value in a path or a query. */
export const text = (value: unknown) =>
  (typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value)).slice(0, 500)

/** Asks over a connection that has joined the room, if its user may. */
export async function overSocket(
  open: (user: string) => Promise<RawSocket>,
  { operation, as = 'alice', input }: (typeof cases)[number],
  extra: object = {},
): Promise<Frame> {
  const socket = await open(as)
  await socket.ask({ type: 'join', room })
  const { type, kind, answer } = operation.frame ?? {}
  const frame = { type, kind, ...input, ...extra }
  if (answer) return socket.ask(frame)
  // Whatever refuses it comes before the answer to the next frame.
  socket.send(frame)
  return socket.ask({ type: 'ping', requestId: 'q1' })
}
