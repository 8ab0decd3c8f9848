import { describe, expect, test } from 'vitest'
import { parseClientFrame, refusedFrame, type ClientFrame } from './client-frames.ts'

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
    expect(parseClientFrame(text)).toEqual(frame)
  })

  test('takes no field from a prototype', () => {
    expect(() => parseClientFrame('{"__proto__":{"type":"ping"}}')).toThrow('must be one of')
    expect(() => parseClientFrame('{"type":"join","__proto__":{"room":"r"}}')).toThrow('1 to 64 of')
    expect(() => parseClientFrame('{"type":"toString"}')).toThrow('must be one of')
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
  ] as const)('%s is refused with the name of the field', ([text, field, message]) => {
    expect(() => parseClientFrame(text)).toThrow(
      expect.objectContaining({ field, message: expect.stringContaining(message) }),
    )
  })

  test('has a body that is measured in bytes', () => {
    expect(send('x'.repeat(16_384)).fault).toBeUndefined()
    expect(send('x'.repeat(16_385)).fault).toMatchObject({ code: 'too_large', field: 'body' })
    expect(send('汉'.repeat(5462)).fault).toMatchObject({ code: 'too_large', field: 'body' })
  })

  test.for([
    ['', 'must be a text of 1 to'],
    ['a\0b', 'control character'],
    ['\u202eopen', 'changes the direction'],
    ['\ud800', 'half of a surrogate pair'],
  ] as const)('with the body %j is a frame, and names the fault of its body', ([body, message]) => {
    expect(send(body)).toMatchObject({
      body,
      fault: { code: 'bad_request', field: 'body', message: expect.stringContaining(message) },
    })
  })

  function send(body: string): Extract<ClientFrame, { type: 'send' }> {
    const frame = parseClientFrame(JSON.stringify({ type: 'send', room: 'r', clientId: 'c', body }))
    if (frame.type !== 'send') throw new Error(`a send became a ${frame.type}`)
    return frame
  }

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
