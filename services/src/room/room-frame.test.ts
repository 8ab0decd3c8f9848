import { describe, expect, test } from 'vitest'
import { readFrame } from '../../test/read-frame.ts'
import type { StoredEvent } from '../protocol/events.ts'
import { eventFrame } from '../protocol/server-frames.ts'
import { RoomFrame } from './room-frame.ts'

const MESSAGE: StoredEvent = {
  seq: 3,
  kind: 'message',
  sender: 'alice',
  clientId: 'c3',
  body: 'hé',
  at: 5,
  messageNo: 2,
}

function frameOf(event: StoredEvent): RoomFrame {
  return new RoomFrame({ seq: event.seq, payload: eventFrame('kitchen', 7, event), header: undefined }, 12)
}

async function textOf(frame: Buffer): Promise<unknown> {
  return JSON.parse((await readFrame(frame)).data.toString())
}

describe('the frames of an event', () => {
  test('in chat.v1 have all fields', async () => {
    expect(await textOf(frameOf(MESSAGE).long)).toEqual({ type: 'event', room: 'kitchen', epoch: 7, ...MESSAGE })
  })

  test('in chat.v2 have the number of the room, and neither its epoch nor the id that the sender chose', async () => {
    const { kind: _kind, clientId: _clientId, ...fields } = MESSAGE
    expect(await textOf(frameOf(MESSAGE).short)).toEqual({ r: 12, ...fields })
  })

  test('in chat.v2 keep the kind that is no message, and every field that says something', async () => {
    const pin = { ...MESSAGE, kind: 'pin', body: '', target: 1, data: { change: 'add' }, audience: 'staff' as const }
    const { clientId: _clientId, ...fields } = pin
    expect(await textOf(frameOf(pin).short)).toEqual({ r: 12, ...fields })
  })

  test('are built once each, and are counted for the memory of both', () => {
    const frame = frameOf(MESSAGE)
    expect(frame.short).toBe(frame.short)
    expect(frame.bytes).toBeGreaterThanOrEqual(frame.long.length + frame.short.length)
  })

  test('of an event that cannot be read are the same', async () => {
    const frame = new RoomFrame({ seq: 1, payload: Buffer.from('none'), header: undefined }, 12)
    expect(frame.short.equals(frame.long)).toBe(true)
  })
})
