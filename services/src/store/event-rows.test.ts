import type { PoolConnection } from 'mysql2/promise'
import { expect, test } from 'vitest'
import { chunked, updateEvents, type EventRow } from './event-rows.ts'

const TEXT = 'x'.repeat(16_384)

function row(seq: number): EventRow {
  const nothing = { senderId: null, senderLabel: null, target: null, messageNo: null, data: null, changedSeq: null }
  const unmarked = { editedAt: null, recalledAt: null, expiredAt: null, pinnedAt: null, reactions: null }
  const sent = { kind: 'message', sender: 'ann', clientId: `c${seq}`, at: 1, audience: 'all', body: TEXT } as const
  return { room: 1, seq, ...sent, ...nothing, ...unmarked, requestHash: null }
}

async function written(changes: ReadonlyMap<EventRow, ReadonlySet<string>>) {
  const statements: { sql: string; size: number; rows: number }[] = []
  const query = ({ sql, values: [rows] }: { sql: string; values: [unknown[]] }) => {
    statements.push({ sql, size: JSON.stringify(rows).length, rows: rows.length })
    return Promise.resolve([{}, []])
  }
  await updateEvents({ query } as unknown as PoolConnection, changes)
  return statements
}

test('a reaction does not write the text of its message', async () => {
  const statements = await written(
    new Map([1, 2, 3].map((seq) => [row(seq), new Set(['reactions', 'changedSeq'])] as const)),
  )

  expect(statements).toMatchObject([{ rows: 3 }])
  expect(statements[0]?.sql).toMatch(/UPDATE changed_seq = VALUES\(changed_seq\), reactions = VALUES\(reactions\)$/)
  expect(statements[0]?.size).toBeLessThan(1000)
})

test('edits are written in statements of at most about 1 MiB', async () => {
  const statements = await written(
    new Map(Array.from({ length: 200 }, (_, seq) => [row(seq), new Set(['body', 'changedSeq'])] as const)),
  )

  expect(statements.map(({ rows }) => rows)).toEqual([64, 64, 64, 8])
})

test('a row that is too large for a part is one itself', () => {
  expect(chunked([1, 2_000_000, 1, 1], (length) => length)).toEqual([[1], [2_000_000], [1, 1]])
})
