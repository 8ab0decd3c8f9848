import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('the folder of a server that does not start is removed when the calling process ends', () => {
  const script = `
    import { Daemon } from ${JSON.stringify(join(import.meta.dirname, 'daemon.ts'))}
    import { makeFolder } from ${JSON.stringify(join(import.meta.dirname, 'folder.ts'))}
    const dir = makeFolder('broken')
    console.log(dir)
    const daemon = new Daemon({ name: 'broken', dir, argv: ['false'], probe: () => Promise.reject(new Error('silent')) })
    await daemon.start().catch(({ message }) => console.log(message))`
  const [folder = '', message] = execFileSync('node', ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  }).split('\n')
  expect(folder).toContain('chat-broken-')
  expect(message).toContain('broken did not start (its process has ended): Error: silent')
  expect(existsSync(folder)).toBe(false)
})
