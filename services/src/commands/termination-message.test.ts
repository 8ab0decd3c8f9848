import { describe, expect, test } from 'vitest'
import { terminationText } from './termination-message.ts'

describe('the termination message of a migration', () => {
  test.for(['x', '"', '\u0001', '\u{1F600}', 'ä'])(
    'with a long error of %j is cut to valid JSON of 4096 bytes',
    (text) => {
      const error = text.repeat(20_000)

      const message = terminationText({ error, reason: 'ConfigInvalid' })

      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4096)
      expect(Buffer.byteLength(message)).toBeGreaterThan(4060)
      const cut = JSON.parse(message) as { error: string; reason: string }
      expect(cut.reason).toBe('ConfigInvalid')
      expect(cut.error).toMatch(/\.\.\.$/)
      expect(error.startsWith(cut.error.replace(/\.+$/, ''))).toBe(true)
    },
  )

  test('of a proof loses only the end of its sentence', () => {
    const numbers = { sent: 1, acknowledged: 1, lost: 1, duplicated: 0, reordered: 0, longestGapMs: 0, excusedMs: 0 }
    const done = { proof: 'before', verdict: 'Failed', ...numbers, reconnects: [0, 0], seconds: 1 } as const
    const text = terminationText({ ...done, message: 'x'.repeat(5000) })

    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096)
    expect(JSON.parse(text)).toEqual({ ...done, message: expect.stringMatching(/^x+\.\.\.$/) })
  })

  test('that fits is not changed', () => {
    const failure = { error: 'x'.repeat(4050), reason: 'MigrationFailed' } as const
    expect(JSON.parse(terminationText(failure))).toEqual(failure)
  })

  test('has no minimumVersion if the schema has none', () => {
    const done = { schemaVersion: 2, from: 0, to: 2, irreversible: false, minimumVersion: undefined }
    expect(terminationText(done)).toBe('{"schemaVersion":2,"from":0,"to":2,"irreversible":false}')
  })
})
