import { expect, test } from 'vitest'
import { createLogger } from './log.ts'
import { runSteps } from './shutdown.ts'

test('steps run in their order; one that fails or hangs does not keep the next from running', async () => {
  const done: string[] = []
  const log = createLogger({ level: 'silent', command: 'test', nodeId: 'n' })

  await runSteps(
    [
      { name: 'first', timeoutMs: 1000, run: () => void done.push('first') },
      { name: 'fails', timeoutMs: 1000, run: () => Promise.reject(new Error('no')) },
      { name: 'throws', timeoutMs: 1000, run: () => expect.unreachable() },
      { name: 'hangs', timeoutMs: 10, run: () => new Promise<void>(() => undefined) },
      { name: 'last', timeoutMs: 1000, run: async () => void done.push('last') },
    ],
    log,
  )

  expect(done).toEqual(['first', 'last'])
})
