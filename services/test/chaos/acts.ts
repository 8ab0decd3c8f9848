import type { EventFields } from '../../client/index.ts'
import type { ChatRoom } from './chat-room.ts'
import type { Choice } from './choice.ts'

const SIGNS = ['👍', '❤️', 'ok', '🇨🇭'] as const
const WORDS = ['hello', 'zürich', '你好', 'a\tb', 'line\nline', '{"json":1}', '👩‍👩‍👧', "' OR 1=1 --"] as const
const LONG_TEXT = 'long '.repeat(800)

/** Chooses what a user does next in a room. */
export function chooseEvent(choice: Choice, room: ChatRoom, user: string): EventFields & { readonly kind: string } {
  const own = choice.any(room.recent.filter(({ sender }) => sender === user))
  const any = choice.any(room.recent)
  const number = choice.number()
  if (number < 0.08 && own) return { kind: 'edit', target: own.seq, body: textOf(choice) }
  if (number < 0.11 && own) return { kind: 'recall', target: own.seq }
  if (number < 0.13 && any && mayModerate(room, user)) return { kind: 'recall', target: any.seq }
  if (number < 0.16 && any && mayModerate(room, user)) return { kind: 'pin', target: any.seq, change: changeOf(choice) }
  if (number < 0.28 && any)
    return { kind: 'reaction', target: any.seq, reaction: choice.of(SIGNS), change: changeOf(choice) }
  return { kind: 'message', body: textOf(choice), ...extrasOf(choice, room, user) }
}

function mayModerate({ owner, admin }: ChatRoom, user: string): boolean {
  return user === owner || user === admin
}

function extrasOf(choice: Choice, room: ChatRoom, user: string): EventFields {
  const number = choice.number()
  const replyTo = choice.any(room.recent)?.seq
  if (number < 0.05 && replyTo !== undefined) return { replyTo }
  if (number < 0.1) return { mentions: [choice.of(room.members)] }
  if (number < 0.11 && mayModerate(room, user)) return { mentionsAll: true }
  return {}
}

const changeOf = (choice: Choice) => (choice.number() < 0.7 ? 'add' : 'remove')

function textOf(choice: Choice): string {
  const text = `${choice.of(WORDS)} ${choice.between(0, 1e9)}`
  return choice.number() < 0.01 ? text + LONG_TEXT : text
}
