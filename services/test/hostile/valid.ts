import type { AnyOperation } from '../../src/operations/operation.ts'
import { OPERATIONS } from '../../src/operations/registry.ts'
import type { Choice } from '../chaos/choice.ts'

/** Where attackers act. */
export interface Target {
  readonly rooms: readonly string[]
  readonly users: readonly string[]
}

/** A valid value of each field that an operation has, so that its neighbours can be wrong alone. */
function valueOf(name: string, choice: Choice, { rooms, users }: Target): unknown {
  const position = { epoch: choice.between(0, 2 ** 31), seq: choice.between(0, 100) }
  const values: Readonly<Record<string, () => unknown>> = {
    room: () => choice.of(rooms),
    rooms: () => rooms.map((room) => ({ room, after: position })),
    user: () => choice.of(users),
    users: () => users,
    clientId: () => `h${choice.between(0, 2 ** 40)}`,
    body: () => 'hello',
    title: () => 'Title',
    topic: () => 'Topic',
    kind: () => choice.of(['group', 'public']),
    role: () => choice.of(['owner', 'admin', 'member']),
    reaction: () => '👍',
    change: () => choice.of(['add', 'remove']),
    mentions: () => [choice.of(users)],
    mentionsAll: () => true,
    after: () => choice.of([position, position.seq]),
    join: () => choice.of(['open', 'request', 'invite']),
    post: () => choice.of(['everyone', 'admins']),
    history: () => choice.of(['all', 'since-joining']),
    token: () => 'x.y.z',
    inbox: () => ({ no: choice.between(0, 10) }),
  }
  return values[name]?.() ?? choice.between(1, 100)
}

/** Fields of an operation that are right, each of the optional ones only at times. */
function fieldsOf(operation: AnyOperation, choice: Choice, target: Target): Record<string, unknown> {
  const fields = Object.entries(operation.input.shape).flatMap(([name, schema]) => {
    const isOptional = schema.safeParse(undefined).success
    return isOptional && choice.number() < 0.5 ? [] : [[name, valueOf(name, choice, target)] as const]
  })
  return Object.fromEntries(fields)
}

const OF_FRAMES = OPERATIONS.filter(({ frame }) => frame)
const OF_HTTP = OPERATIONS.filter(({ http }) => http)

/** A valid frame of any operation. */
export function validFrame(choice: Choice, target: Target): Record<string, unknown> {
  const operation = choice.of(OF_FRAMES)
  const { type, kind } = operation.frame ?? {}
  const requestId = choice.number() < 0.5 ? { requestId: 'q' } : {}
  return { ...fieldsOf(operation, choice, target), type, ...(kind !== undefined && { kind }), ...requestId }
}

/** A valid request of any operation: its path has fields as `:field`. */
export function validRequest(choice: Choice, target: Target) {
  const operation = choice.of(OF_HTTP)
  const { method = 'GET', path = '/' } = operation.http ?? {}
  return { method, path, fields: fieldsOf(operation, choice, target) }
}
