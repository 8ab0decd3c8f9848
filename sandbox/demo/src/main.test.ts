import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-app-demo-test-'))
})

afterEach(() => rm(folder, { recursive: true }))

describe('on a machine that cannot run the demo', () => {
  test('the output lists what is missing with the remedies, and nothing is changed', async () => {
    const { code, out, err } = await demo()
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(err).toContain('Nothing was changed. Missing:')
    expect(err).toMatch(/ {4}-> .*or use an existing cluster: --context NAME/)
    expect(existsSync(join(folder, 'state'))).toBe(false)
  })

  test('and without kubectl, --context needs kubectl to be installed', async () => {
    const { code, err } = await demo('--context', 'mine', '--yes')
    expect(code).toBe(1)
    expect(err).toContain('kubectl\n    -> install it: https://kubernetes.io/docs/tasks/tools/')
  })
})

test('--page without a demo that was kept says how to keep one', async () => {
  const { code, err } = await demo('--page')
  expect(code).toBe(1)
  expect(err).toContain('no demo is running: start one with npm run demo -- --keep')
})

describe('invalid options', () => {
  test.each([
    [['--registry', 'host/path'], '--registry: valid only with --context NAME'],
    [['--redis-image', 'x', '--mariadb-image', 'y'], '--mariadb-image, --redis-image: valid only with --context NAME'],
    [['--context', 'mine', '--registry', 'host'], '--registry "host": expected HOST[:PORT]/PATH'],
    [['--page', '--keep'], '--page: valid only alone'],
    [['--contxt', 'mine'], '--contxt: unknown option; did you mean --context?'],
  ])('%j', async (args, message) => {
    const { code, err } = await demo(...args)
    expect(code).toBe(1)
    expect(err).toContain(message)
    expect(err).not.toMatch(/\n +at /)
  })
})

/** Runs the demo with no program on PATH. */
async function demo(...args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { HOME: folder, PATH: folder, CHAT_APP_SANDBOX_STATE: join(folder, 'state') },
  })
  const closed = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const [code, out, err] = await Promise.all([closed, text(child.stdout), text(child.stderr)])
  return { code, out, err }
}
