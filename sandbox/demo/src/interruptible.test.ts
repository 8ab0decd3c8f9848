import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'

/** Prints a line when it is interrupted, and runs until it is ended. */
const script = `import { interruptible } from ${JSON.stringify(join(import.meta.dirname, 'interruptible.ts'))}
  interruptible().addEventListener('abort', () => console.log('aborted'))
  console.log('started')
  setInterval(() => {}, 1000)`
const SAME_PRESS_MS = 500
let child: ReturnType<typeof start>

afterEach(() => void child.kill('SIGKILL'))

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'the first %s aborts the signal, the second ends the process',
  async (signal) => {
    child = start()
    await line('started')
    child.kill(signal)
    await line('aborted')
    await delay(SAME_PRESS_MS)
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([130, null])
  },
)

test('one Ctrl-C that arrives twice counts once', async () => {
  // The process sends the second signal to itself, because this test could be too slow.
  child = start(`process.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  process.on('SIGUSR2', () => console.log('still there'))`)
  await line('started')
  child.kill('SIGINT')
  await line('aborted')
  await delay(SAME_PRESS_MS)
  child.kill('SIGUSR2')
  await line('still there')
  expect(child.exitCode).toBeNull()
})

function start(more = '') {
  return spawn(process.execPath, ['--input-type=module', '--eval', `${more}\n${script}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

async function line(text: string): Promise<void> {
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  expect(String(chunk).trim()).toBe(text)
}
