import { describe, expect, test } from 'vitest'
import { parseClientFrame, refusedFrame } from './frames.ts'

/** The input of a frame, with its type. */
function parsed(text: string) {
  const { operation, input } = parseClientFrame(text)
  return { type: operation.frame.type, ...input }
}

describe('a frame', () => {
  test.for([
    ['{"type":"ping"}', { type: 'ping' }],
    ['{"type":"join","room":"kitchen"}', { type: 'join', room: 'kitchen', after: undefined }],
    [
      '{"type":"join","room":"r","after":{"epoch":7,"seq":0}}',
      { type: 'join', room: 'r', after: { epoch: 7, seq: 0 } },
    ],
    ['{"type":"leave","room":"r"}', { type: 'leave', room: 'r' }],
    ['{"type":"sync"}', { type: 'sync', rooms: [] }],
    [
      '{"type":"sync","rooms":[{"room":"r","after":{"epoch":7,"seq":0},"new":1}],"inbox":{"no":3}}',
      { type: 'sync', rooms: [{ room: 'r', after: { epoch: 7, seq: 0 } }], inbox: { no: 3 } },
    ],
    [
      '{"type":"changes","room":"r","epoch":7,"after":5,"upTo":9}',
      { type: 'changes', room: 'r', epoch: 7, after: 5, upTo: 9 },
    ],
    ['{"type":"read","room":"r","seq":4}', { type: 'read', room: 'r', seq: 4 }],
    ['{"type":"watch","users":["алиса"]}', { type: 'watch', users: ['алиса'] }],
    ['{"type":"send","room":"r","clientId":"c","body":"x"}', { type: 'send', room: 'r', clientId: 'c', body: 'x' }],
    ['{"type":"renew","token":"x.y.z"}', { type: 'renew', token: 'x.y.z' }],
    ['{"type":"history","room":"r"}', { type: 'history', room: 'r', before: undefined, limit: 50 }],
    ['{"type":"history","room":"r","before":9,"limit":200}', { type: 'history', room: 'r', before: 9, limit: 200 }],
  ] as const)('%s', ([text, frame]) => {
    expect(parsed(text)).toEqual(frame)
  })

  test('takes no field from a prototype', () => {
    expect(() => parseClientFrame('{"__proto__":{"type":"ping"}}')).toThrow('must be a type of frame')
    expect(() => parseClientFrame('{"type":"join","__proto__":{"room":"r"}}')).toThrow('1 to 64 of')
    expect(() => parseClientFrame('{"type":"toString"}')).toThrow('must be a type of frame')
  })

  test.for([
    ['{"type":"join"}', 'room', 'undefined: must be 1 to 64'],
    ['{"type":"sync","rooms":{}}', 'rooms', '{}: must be a list of at most 200 rooms'],
    ['{"type":"sync","rooms":[{"room":"a b"}]}', 'rooms.0.room', '"a b": must be 1 to 64'],
    ['{"type":"sync","rooms":[{"room":"r","after":5}]}', 'rooms.0.after', '5: must be an object'],
    ['{"type":"sync","inbox":{"no":-1}}', 'inbox.no', '-1: must be a whole number'],
    ['{"type":"read","room":"r","seq":1.5}', 'seq', '1.5: must be a whole number'],
    ['{"type":"watch"}', 'users', 'undefined: must be a list of at most 200 users'],
    ['{"type":"watch","users":["a b"]}', 'users.0', '"a b": must be 1 to 64'],
    ['{"type":"changes","room":"r","epoch":1,"after":1}', 'upTo', 'undefined: must be a whole number'],
    ['{"type":"join","room":"a b"}', 'room', '"a b": must be 1 to 64'],
    ['{"type":"join","room":"r","after":5}', 'after', '5: must be an object'],
    ['{"type":"join","room":"r","after":{"epoch":1.5,"seq":0}}', 'after.epoch', '1.5: must be a whole number'],
    ['{"type":"join","room":"r","after":{"epoch":1,"seq":9007199254740992}}', 'after.seq', 'must be a whole number'],
    ['{"type":"send","room":"r","clientId":"","body":"x"}', 'clientId', '"": must be'],
    ['{"type":"send","room":"r","clientId":"c","body":7}', 'body', 'must be a text'],
    ['{"type":"renew","token":7}', 'token', 'must be a text'],
    ['{"type":"ping","requestId":""}', 'requestId', '"": must be 1 to 64'],
    ['{"type":"history","room":"r","limit":201}', 'limit', '201: must be from 1 to 200'],
    [
      '{"type":"send","kind":"edit","room":"r","clientId":"c","body":"x"}',
      'target',
      'undefined: must be a whole number',
    ],
    ['{"type":"send","kind":"recall","room":"r","clientId":"c","target":0}', 'target', '0: must be from 1 to'],
    ['{"type":"send","room":"r","clientId":"c","body":"x","replyTo":1e99}', 'replyTo', '1e+99: must be a whole number'],
    ['{"type":"send","room":"r","clientId":"c","body":"x","mentions":["a b"]}', 'mentions.0', '"a b": must be 1 to 64'],
    [
      '{"type":"send","room":"r","clientId":"c","body":"x","mentions":"bob"}',
      'mentions',
      '"bob": must be a list of 1 to 50',
    ],
    [
      '{"type":"send","kind":"reaction","room":"r","clientId":"c","target":1,"change":"add","reaction":"a b"}',
      'reaction',
      '"a b": must be an emoji or a short name without spaces',
    ],
    ['{"type":"role","room":"r","user":"bob","clientId":"c","role":"king"}', 'role', '"king": must be one of owner,'],
    ['{"type":"members","room":"r","cursor":"{}"}', 'cursor', '"{}": must be the "next" of the page before'],
  ] as const)('%s is refused with the name of the field', ([text, field, message]) => {
    expect(() => parseClientFrame(text)).toThrow(
      expect.objectContaining({ field, message: expect.stringContaining(message) }),
    )
  })

  test('asks for what its kind is, and for a message without a kind', () => {
    const asked = (kind: unknown) => {
      const frame = { type: 'send', room: 'r', clientId: 'c', body: 'x', target: 3, reaction: '+1', change: 'add' }
      return parseClientFrame(JSON.stringify({ ...frame, kind })).operation.name
    }
    expect([undefined, null, 'message'].map(asked)).toEqual(['sendMessage', 'sendMessage', 'sendMessage'])
    expect(['edit', 'recall', 'reaction', 'pin'].map(asked)).toEqual([
      'editMessage',
      'recallMessage',
      'reactToMessage',
      'pinMessage',
    ])
    for (const kind of ['toString', '__proto__', 7, true, [], { toString: 'x' }, ''])
      expect(() => asked(kind)).toThrow(expect.objectContaining({ code: 'bad_request', field: 'kind' }))
  })

  test('of a type without kinds may have a kind, which is ignored', () => {
    expect(parsed('{"type":"ping","kind":"edit"}')).toEqual({ type: 'ping' })
  })

  test('of every type takes a request id', () => {
    for (const frame of ['"ping"', '"join","room":"r"', '"leave","room":"r"', '"history","room":"r"']) {
      expect(parseClientFrame(`{"type":${frame},"requestId":"q:1"}`)).toMatchObject({ requestId: 'q:1' })
    }
    expect(parseClientFrame('{"type":"ping","requestId":null}').requestId).toBeUndefined()
  })

  test('that was refused still says which one it is, as far as that is known', () => {
    expect(refusedFrame('{"type":"send","room":"r","clientId":"c1","requestId":"q1","body":7}')).toEqual({
      request: 'send',
      room: 'r',
      clientId: 'c1',
      requestId: 'q1',
    })
    expect(refusedFrame('{"type":"toString","room":"a b","clientId":"not valid","requestId":7}')).toEqual({})
    expect(refusedFrame('[')).toEqual({})
  })
})
