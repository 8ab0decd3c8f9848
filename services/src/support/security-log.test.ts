import pino from 'pino'
import { expect, test } from 'vitest'
import { SecurityLog } from './security-log.ts'

function recorded(level = 'info') {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level, base: {} }, { write: (text) => lines.push(JSON.parse(text) as Record<string, unknown>) })
  return { lines, security: new SecurityLog(log) }
}

test('each event has a line of its own, also where the log has errors alone', () => {
  const { lines, security } = recorded('error')
  security.record('login_failed', { user: 'alice\n{"security":"logged_in"}', address: '192.0.2.1', reason: 'password' })
  expect(lines).toMatchObject([
    { security: 'login_failed', user: 'alice\n{"security":"logged_in"}', address: '192.0.2.1', reason: 'password' },
  ])
})

test('a flood is counted, and what follows it is written again', () => {
  const { lines, security } = recorded()
  for (let i = 0; i < 150; i += 1) security.record('refused', { address: '192.0.2.1' }, 5000)
  expect(lines).toHaveLength(100)
  security.record('login_failed', { user: 'alice', address: '192.0.2.3' }, 5000)
  expect(lines.splice(100)).toMatchObject([{ security: 'login_failed' }])
  security.record('logged_in', { user: 'alice', address: '192.0.2.2' }, 6000)
  expect(lines.slice(100)).toMatchObject([
    { security: 'left_out', count: 50 },
    { security: 'logged_in', user: 'alice' },
  ])
})
