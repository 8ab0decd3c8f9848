import { describe, expect, test } from 'vitest'
import { count, newRecord, type Record } from './record.ts'

const room = 'kitchen'

/** The record of a user who joined at 0, with messages as [clientId, seq] and deliveries as [seq, sender, clientId]. */
function user(name: string, sent: [clientId: string, seq?: number][], delivered: [number, string, string][]): Record {
  const record = newRecord(name)
  record.joined.set(room, { epoch: 1, seq: 0 })
  for (const [clientId, seq] of sent)
    record.sent.push({ room, clientId, ...(seq !== undefined && { acknowledged: { epoch: 1, seq } }) })
  for (const [seq, sender, clientId] of delivered) record.delivered.push({ room, epoch: 1, seq, sender, clientId })
  return record
}

const good = { sent: 2, acknowledged: 2, delivered: 4, lost: 0, duplicated: 0, reordered: 0 }
const both: [number, string, string][] = [
  [1, 'alice', 'a'],
  [2, 'alice', 'b'],
]
const sent: [string, number?][] = [
  ['a', 1],
  ['b', 2],
]

describe('the count', () => {
  test('of an exchange without faults has none', () => {
    expect(count([user('alice', sent, both), user('bob', [], both)])).toEqual(good)
  })

  test('finds messages that were acknowledged and not delivered to everyone', () => {
    expect(count([user('alice', sent, both), user('bob', [], both.slice(1))])).toMatchObject({ lost: 1, delivered: 3 })
  })

  test('does not count unacknowledged messages, or those before the user joined, as lost', () => {
    const late = user('bob', [], [])
    late.joined.set(room, { epoch: 1, seq: 2 })
    expect(count([user('alice', [...sent, ['c']], both), late])).toMatchObject({ sent: 3, acknowledged: 2, lost: 0 })
  })

  test('finds messages that were delivered twice, even with another number', () => {
    expect(count([user('alice', sent, [...both, [2, 'alice', 'b']])])).toMatchObject({ duplicated: 1 })
    expect(count([user('alice', sent, [...both, [3, 'alice', 'b']])])).toMatchObject({ duplicated: 1 })
  })

  test('finds the same in chat.v2, whose events do not have the id that their sender chose', () => {
    const short = both.map(([seq, sender]): [number, string, string] => [seq, sender, ''])
    expect(count([user('alice', sent, short), user('bob', [], both)])).toEqual(good)
    expect(count([user('alice', sent, short), user('bob', [], short.slice(1))])).toMatchObject({ lost: 1 })
    expect(count([user('alice', sent, [...short, [2, 'alice', '']])])).toMatchObject({ duplicated: 1 })
    expect(count([user('alice', sent, short.toReversed())])).toMatchObject({ reordered: 1 })
  })

  test('finds messages that were delivered in another order than stored, or stored in another order than sent', () => {
    expect(count([user('alice', sent, both.toReversed())])).toMatchObject({ reordered: 1 })
    expect(
      count([
        user(
          'alice',
          [
            ['a', 2],
            ['b', 1],
          ],
          [
            [1, 'alice', 'b'],
            [2, 'alice', 'a'],
          ],
        ),
      ]),
    ).toMatchObject({ reordered: 1 })
  })
})
