import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { scriptFor, type Target } from './script.ts'

/** A server on 127.0.0.1 that says this at once, in two parts, or as the answer to the first bytes. Returns its port. */
async function serverThat(says: { readonly first?: Buffer; readonly answer?: string }): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    if (says.first !== undefined) void inParts(socket.setNoDelay(), says.first)
    socket.once('data', () => says.answer !== undefined && socket.write(says.answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function inParts(socket: Socket, text: Buffer): Promise<void> {
  socket.write(text.subarray(0, SPLIT))
  await sleep(PART_MS)
  socket.write(text.subarray(SPLIT))
}

/** Within the code of an error. */
const SPLIT = 6
const PART_MS = 50

/** Runs the program of the pod with these URLs, and returns what it says and all that it writes. */
async function run(urls: Readonly<Partial<Record<Target['purpose'], string>>>) {
  const folder = await mkdtemp(join(tmpdir(), 'chat-app-connect-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const targets: Target[] = []
  for (const [purpose, url] of Object.entries(urls)) {
    const file = join(folder, purpose)
    await writeFile(file, `${url}\n`)
    targets.push({ purpose: purpose as Target['purpose'], file })
  }
  const log = join(folder, 'termination-log')
  const env = { ...process.env, TERMINATION_LOG: log }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-e', scriptFor(targets)], { env })
  const text = await readFile(log, 'utf8')
  return { outcomes: JSON.parse(text) as unknown, written: stdout + stderr + text }
}

const GREETING = Buffer.from([10, 0, 0, 0, 10, 56, 46, 52])
const REFUSAL = Buffer.from([10, 0, 0, 0, 0xff, 0x69, 0x04, 72])

test('tells that MySQL and Redis answer, with a password and nodes of several forms', async () => {
  const [mysql, redis] = [await serverThat({ first: GREETING }), await serverThat({ answer: '-NOAUTH\r\n' })]
  const { outcomes, written } = await run({
    database: `mysql://chat:CANARY%40:/@127.0.0.1:${mysql}/chat?tls=false`,
    redis: `redis-cluster://:CANARY@127.0.0.1:${redis},[::1]:1`,
    broadcast: `redis+sentinel://:CANARY@mymaster/127.0.0.1:${redis}`,
  })
  expect(outcomes).toEqual([
    { purpose: 'database', nodes: 1, failed: 0, faults: [] },
    { purpose: 'redis', nodes: 2, failed: 1, faults: [expect.stringMatching(/^E[A-Z]+$/)] },
    { purpose: 'broadcast', nodes: 1, failed: 0, faults: [] },
  ])
  expect(written).not.toMatch(/CANARY|127\.0\.0\.1/)
})

test('tells what stands in the place of MySQL and Redis', async () => {
  const [refusing, other] = [
    await serverThat({ first: REFUSAL }),
    await serverThat({ answer: 'HTTP/1.1 400 Bad Request\r\n' }),
  ]
  const { outcomes } = await run({
    database: `mysql://chat:pw@127.0.0.1:${refusing}/chat`,
    redis: `redis://127.0.0.1:${other}`,
  })
  expect(outcomes).toMatchObject([
    { purpose: 'database', faults: ['MySQL refuses the connection, error 1129'] },
    { purpose: 'redis', faults: ['the answer is not that of Redis'] },
  ])
})
