import { describe, expect, test } from 'vitest'
import type { NewAction } from '../room/messages.ts'
import { open } from './testing/both-transports.ts'
import { cases, overHttp, overSocket, text } from './testing/examples.ts'

const NASTY: readonly unknown[] = [
  '__proto__',
  JSON.parse('{"__proto__": {"room": "x"}, "constructor": 1}'),
  ['a', 'b'],
  { toString: 'x', length: 1 },
  true,
  1e308,
  -1,
  0.5,
  '',
  'a\0b',
  'a\ud800b',
  'x'.repeat(20_000),
  '\u202egnp.exe',
  '../../etc/passwd',
  'a\r\nX-Header: b',
]

interface Refusal {
  readonly code: string
  readonly field?: string
  readonly message: string
}

/** A value that breaks a rule is the fault of its field; one that is valid names a room or a user that is not there. */
function expectFault({ code, field, message }: Refusal, of: string): void {
  const isRule = code === 'bad_request' || code === 'too_large'
  // An HTTP body with a key "__proto__" is refused as a whole.
  if (message.startsWith('Body is not valid JSON')) return
  expect(isRule ? [of, 'path'] : [of, 'room', 'user', 'path']).toContain(field?.split('.')[0])
  expect(code).toMatch(/^(bad_request|too_large|not_found|forbidden|conflict)$/)
  expect(message.length).toBeLessThan(400)
}

const valuesOf = ({ clientId, body, target, data = {} }: NewAction) => [clientId, body, target, ...Object.values(data)]
const isSame = (stored: unknown, sent: unknown) =>
  JSON.stringify(stored) === JSON.stringify(sent) || stored === text(sent)

describe('hostile values', () => {
  test.for(cases)('in $name are stored unchanged, or refused with the name of the field', async (example) => {
    const { http, socket, log } = await open()
    const { operation, as = 'alice' } = example
    const steady = await socket(as)
    for (const field of Object.keys(operation.input.shape)) {
      for (const value of NASTY) {
        const from = log.length
        const asked = { ...example, input: { ...example.input, clientId: `c${from}`, [field]: value } }
        if (operation.http) await overHttp(http, asked).catch((error: unknown) => expectFault(error as Refusal, field))
        if (operation.frame) {
          // Each over a connection of its own: twenty malformed frames would close one.
          const answer = await overSocket(socket, asked)
          if (answer.type === 'error') expectFault(answer as unknown as Refusal, field)
        }
        // What was in a path is a text.
        for (const { event } of log.slice(from)) expect(valuesOf(event).some((each) => isSame(each, value))).toBe(true)
      }
    }
    expect(await steady.ask({ type: 'ping' })).toEqual({ type: 'pong' })
  })
})
