import { describe, expect, test } from 'vitest'
import { Policy, type Question, type Verdict } from './policy.ts'
import { GROUP } from './room-kinds.ts'
import type { Account, Action, Member, RoomRules } from './types.ts'

const NOW = 1_700_000_000_000
const policy = new Policy()

const account = (changes: Partial<Account> = {}): Account => ({
  userId: 1,
  name: 'ann',
  role: 'user',
  kind: 'user',
  isBanned: false,
  ...changes,
})
const member = (role: Member['role'], changes: Partial<Member> = {}): Member => ({ role, fromSeq: 0, ...changes })
const room = (kind: string, changes: Partial<RoomRules> = {}): RoomRules => ({
  kind,
  join: 'invite',
  post: 'everyone',
  history: 'all',
  ...changes,
})

type Who = Pick<Question, 'actor' | 'member' | 'isInvited'>

const WHO: Readonly<Record<string, Who>> = {
  stranger: { actor: account(), member: undefined },
  invited: { actor: account(), member: undefined, isInvited: true },
  member: { actor: account(), member: member('member') },
  admin: { actor: account(), member: member('admin') },
  owner: { actor: account(), member: member('owner') },
  'system admin': { actor: account({ role: 'admin' }), member: undefined },
}
const COLUMNS = Object.keys(WHO)
const MEANING: Readonly<Record<string, Verdict>> = { y: 'yes', n: 'forbidden', '-': 'absent' }

/** Each row: an action, and whether each of the above may do it (y), may not (n), or must not learn of the room (-). */
const closed = {
  direct: `
    see            - - y y y y
    read           - - y y y n
    join           - - n n n n
    leave          - - n n n n
    notify         - - y y y n
    post           - - y y y n
    react          - - y y y n
    report         - - y y y n
    edit-own       - - y y y n
    recall-own     - - y y y n
    recall-others  - - n n n n
    pin            - - y y y n
    mention-all    - - y y y n
    invite         - - n n n n
    approve        - - n n n n
    withdraw       - - n n n n
    mute           - - n n n n
    remove         - - n n n n
    roles          - - n n n n
    settings       - - n n n n
    end            - - n n n n`,
  group: `
    see            - y y y y y
    read           - n y y y n
    join           - y n n n n
    leave          - n y y y n
    notify         - n y y y n
    post           - n y y y n
    react          - n y y y n
    report         - n y y y n
    edit-own       - n y y y n
    recall-own     - n y y y n
    recall-others  - n n y y y
    pin            - n n y y y
    mention-all    - n n y y n
    invite         - n n y y y
    approve        - n n y y y
    withdraw       - n n y y y
    mute           - n n y y y
    remove         - n n y y y
    roles          - n n y y y
    settings       - n n n y y
    end            - n n n y y`,
  public: `
    see            y y y y y y
    read           n n y y y n
    join           n y n n n n
    leave          n n y y y n
    notify         n n y y y n
    post           n n y y y n
    react          n n y y y n
    report         n n y y y n
    edit-own       n n y y y n
    recall-own     n n y y y n
    recall-others  n n n y y y
    pin            n n n y y y
    mention-all    n n n y y n
    invite         n n n y y y
    approve        n n n y y y
    withdraw       n n n y y y
    mute           n n n y y y
    remove         n n n y y y
    roles          n n n n y y
    settings       n n n n y y
    end            n n n n n y`,
}

const cells = Object.entries(closed).flatMap(([kind, table]) =>
  table
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [action = '', ...values] = line.trim().split(/\s+/)
      return values.map((value, column) => [kind, action as Action, COLUMNS[column] ?? '', MEANING[value]] as const)
    }),
)

describe('in a closed room', () => {
  test('the table has every action of every kind', () => {
    expect(new Set(cells.map(([, action]) => action))).toEqual(new Set(Object.keys(GROUP.grants)))
    expect(cells).toHaveLength(3 * Object.keys(GROUP.grants).length * COLUMNS.length)
  })

  test.for(cells)('%s: %s by %s is %s', ([kind, action, who, expected]) => {
    expect(policy.may(action, { room: room(kind), now: NOW, ...(WHO[who] as Who) })).toBe(expected)
  })
})

describe('a room that is open', () => {
  test.for([
    ['public', 'read', 'yes'],
    ['public', 'join', 'yes'],
    ['public', 'post', 'forbidden'],
    ['group', 'join', 'yes'],
    ['group', 'see', 'yes'],
    // A member reads; whoever holds the link joins first.
    ['group', 'read', 'forbidden'],
    ['direct', 'join', 'absent'],
  ] as const)('%s: a stranger may %s: %s', ([kind, action, expected]) => {
    expect(policy.may(action, { room: room(kind, { join: 'open' }), now: NOW, ...(WHO['stranger'] as Who) })).toBe(
      expected,
    )
  })

  test.for(['group', 'public'])('%s: every member invites', (kind) => {
    const question = { room: room(kind, { join: 'open' }), now: NOW, ...(WHO['member'] as Who) }

    expect(policy.may('invite', question)).toBe('yes')
  })

  test('a member withdraws the own invitation, and no other one', () => {
    const question = { room: room('group'), now: NOW, ...(WHO['member'] as Who) }

    expect(policy.may('withdraw', { ...question, isInviter: true })).toBe('yes')
    expect(policy.may('withdraw', question)).toBe('forbidden')
  })

  test('one that takes requests lets nobody in by themselves', () => {
    const question = { room: room('public', { join: 'request' }), now: NOW, ...(WHO['stranger'] as Who) }

    expect(policy.may('join', question)).toBe('forbidden')
  })
})

describe('a role', () => {
  const acting = (role: Member['role'], subject: Member['role'], action: Action) =>
    policy.may(action, {
      actor: account(),
      room: room('group'),
      member: member(role),
      subject: member(subject),
      now: NOW,
    })

  test.for([
    ['owner', 'admin', 'yes'],
    ['owner', 'member', 'yes'],
    ['owner', 'owner', 'forbidden'],
    ['admin', 'member', 'yes'],
    ['admin', 'admin', 'forbidden'],
    ['admin', 'owner', 'forbidden'],
    ['member', 'member', 'forbidden'],
  ] as const)('%s acts on %s: %s', ([role, subject, expected]) => {
    for (const action of ['mute', 'remove', 'recall-others'] as const)
      expect(acting(role, subject, action)).toBe(expected)
  })

  test('of the system stands above the owner', () => {
    const question = { actor: account({ role: 'admin' }), room: room('group'), member: undefined, now: NOW }

    expect(policy.may('remove', { ...question, subject: member('owner') })).toBe('yes')
  })
})

describe('a user who may not write', () => {
  const may = (action: Action, changes: Partial<Question>) =>
    policy.may(action, { actor: account(), room: room('group'), member: member('member'), now: NOW, ...changes })

  test('is muted, until the time is over', () => {
    const until = (mutedUntil: number) => ({ member: member('member', { mutedUntil }) })

    expect([may('post', until(NOW + 1)), may('react', until(NOW + 1))]).toEqual(['forbidden', 'forbidden'])
    expect([may('read', until(NOW + 1)), may('post', until(NOW))]).toEqual(['yes', 'yes'])
  })

  test('is no admin where only admins write, and reacts all the same', () => {
    const admins = { room: room('group', { post: 'admins' }) }

    expect([may('post', admins), may('react', admins)]).toEqual(['forbidden', 'yes'])
    expect(may('post', { ...admins, member: member('admin') })).toBe('yes')
  })

  test('writes in a room that has ended, which can still be read', () => {
    const ended = { room: room('group', { endedAt: NOW - 1 }) }

    expect([may('post', ended), may('read', ended), may('leave', ended)]).toEqual(['forbidden', 'yes', 'yes'])
  })

  test.for(['owner', 'system admin'])('is the %s of a room that has ended, too', (who) => {
    const ended = { ...(WHO[who] as Who), room: room('group', { endedAt: NOW - 1 }) }

    expect((['settings', 'roles', 'invite', 'end'] as const).map((action) => may(action, ended))).toEqual(
      Array.from({ length: 4 }, () => 'forbidden'),
    )
  })

  test('is in a direct room whose other one takes nothing, and can still read it and recall', () => {
    const actions = Object.keys(GROUP.grants) as Action[]
    const of = (isPeerShut: boolean) =>
      actions.filter((action) => may(action, { room: room('direct'), isPeerShut }) === 'yes')

    expect(of(false)).toEqual([
      'see',
      'read',
      'notify',
      'post',
      'react',
      'report',
      'edit-own',
      'recall-own',
      'pin',
      'mention-all',
    ])
    expect(of(true)).toEqual(['see', 'read', 'notify', 'report', 'recall-own'])
  })

  test('is banned, and learns of no room', () => {
    const banned = { actor: account({ isBanned: true }) }

    expect([may('see', banned), may('post', banned)]).toEqual(['absent', 'absent'])
  })

  test.for(['visitor', 'bot'] as const)('is a %s, who sees no public room', (kind) => {
    const question = { actor: account({ kind }), room: room('public', { join: 'open' }), member: undefined }

    expect([may('see', question), may('join', question), may('read', question)]).toEqual(['absent', 'absent', 'absent'])
  })
})

describe('kinds of rooms', () => {
  test('one that is not registered is absent', () => {
    const question = { actor: account({ role: 'admin' }), room: room('service'), member: member('owner'), now: NOW }

    expect(policy.may('see', question)).toBe('absent')
  })

  test('a registered one has its own table', () => {
    const none = Object.fromEntries(
      Object.keys(GROUP.grants).map((action) => [action, []]),
    ) as unknown as typeof GROUP.grants
    const service = {
      name: 'service',
      hasAudiences: true,
      grants: { ...none, see: ['staff', 'member'], post: ['staff', 'member'] },
    } as const
    const question = (role: Account['role']) =>
      ({ actor: account({ role }), room: room('service'), member: undefined, now: NOW }) as const

    expect(new Policy([service]).may('post', question('staff'))).toBe('yes')
    expect(new Policy([service]).may('post', question('user'))).toBe('absent')
    expect(new Policy([service]).may('pin', question('staff'))).toBe('forbidden')
  })
})
