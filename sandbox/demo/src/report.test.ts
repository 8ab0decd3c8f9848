import { describe, expect, test } from 'vitest'
import { exchangeRows, faults, table, type Exchange } from './report.ts'

const good: Exchange = {
  sent: 1000,
  acknowledged: 1000,
  delivered: 2000,
  lost: 0,
  duplicated: 0,
  reordered: 0,
  reconnects: 1,
  durationMs: 12_512,
  ackMs: { p50: 4.04, p99: 31, max: 312.25 },
}

describe('an exchange', () => {
  test('has no faults if no message was lost, duplicated or reordered', () => {
    expect(faults(good)).toEqual([])
  })

  test.each(['lost', 'duplicated', 'reordered'] as const)('has a fault if one message was %s', (fault) => {
    expect(faults({ ...good, [fault]: 1 })).toEqual([`1 ${fault}`])
  })

  test('lists all faults, including an impossible count', () => {
    expect(faults({ ...good, lost: 2, reordered: -1 })).toEqual(['2 lost', '-1 reordered'])
  })

  test('is printed with its counts and times', () => {
    expect(table(exchangeRows(good))).toBe(
      [
        '+----------------------+----------+',
        '| sent                 |     1000 |',
        '| acknowledged         |     1000 |',
        '| delivered            |     2000 |',
        '| lost                 |        0 |',
        '| duplicated           |        0 |',
        '| reordered            |        0 |',
        '| reconnects           |        1 |',
        '| time                 |   12.5 s |',
        '| send to ack, p50     |   4.0 ms |',
        '| send to ack, p99     |  31.0 ms |',
        '| send to ack, longest | 312.3 ms |',
        '+----------------------+----------+',
      ].join('\n'),
    )
  })
})
