import { expect, test } from 'vitest'
import { createLogger } from './log.ts'
import { runSteps } from './shutdown.ts'

test('steps run in order, also after one that fails or hangs', async () => {
  const done: string[] = []
  const log = createLogger({ level: 'silent', command: 'test', nodeId: 'n' })

  await runSteps(
    [
      { name: 'first', timeoutMs: 60_000, run: () => void done.push('first') },
      { name: 'fails', timeoutMs: 60_000, run: () => Promise.reject(new Error('no')) },
      { name: 'throws', timeoutMs: 60_000, run: () => expect.unreachable() },
      { name: 'hangs', timeoutMs: 10, run: () => new Promise<void>(() => undefined) },
      { name: 'last', timeoutMs: 60_000, run: async () => void done.push('last') },
    ],
    log,
  )

  expect(done).toEqual(['first', 'last'])
})
