import { staging } from '@chat-app/environments'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createAuthority, type Authority } from '@chat-app/sandbox-machine'
import { activeCluster, applied } from '@chat-app/platform'
import { one, type Loose } from '@chat-app/chat/testing'

const TOKEN = 'hvs.the-token'
const DAY_SECONDS = 86_400

/** State of the simulated Vault; `ttl` and `period` in seconds. */
interface Vault {
  ttl: number
  period: number | undefined
  renewals: number
}

let vault: Vault
let authority: Authority
let server: Server
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'chat-vault-'))
  authority = await createAuthority('vault-ca')
  const { certificate, key } = await authority.issue({
    commonName: 'vault',
    addresses: ['127.0.0.1'],
    usages: ['server'],
  })
  server = createServer({ cert: certificate, key }, ({ method, url, headers }, response) => {
    const answer = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body))
    if (headers['x-vault-token'] !== TOKEN) return answer(403, { errors: ['permission denied'] })
    if (method === 'POST' && url === '/v1/auth/token/renew-self') {
      vault.renewals += 1
      vault.ttl = vault.period ?? vault.ttl
      return answer(200, { auth: { lease_duration: vault.ttl } })
    }
    if (method === 'GET' && url === '/v1/auth/token/lookup-self')
      return answer(200, { data: { ttl: vault.ttl, period: vault.period } })
    return answer(404, { errors: [] })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await writeFile(join(dir, 'ca.cert'), authority.certificate)
})
afterAll(async () => {
  server.close()
  await rm(dir, { recursive: true, force: true })
})
beforeEach(() => {
  vault = { ttl: 10, period: 32 * DAY_SECONDS, renewals: 0 }
})

/** Runs the command of the CronJob's container with the files of its Secret. */
async function renew(token = TOKEN, trusted = true, isJson = true): Promise<{ code: number; output: string }> {
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const settings = { token, vault_url: url, secret_mount_point: 'keys', vault_ca: `${dir}/ca.cert` }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`)
  await writeFile(join(dir, 'keyring_vault.conf'), isJson ? JSON.stringify(settings, undefined, 2) : lines.join(''))
  const cronJob: Loose = one(applied(activeCluster(staging)), 'CronJob', 'renew-vault-token')
  const [{ command }] = cronJob.spec.jobTemplate.spec.template.spec.containers
  const [, ...args] = command
  const env = {
    KEYRING: join(dir, 'keyring_vault.conf'),
    ...(trusted && { NODE_EXTRA_CA_CERTS: join(dir, 'ca.cert') }),
  }
  return await new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? 1, output: stdout + stderr }),
    )
  })
}

test('a periodic token is renewed, and the log has its lifetime but not the token', async () => {
  const { code, output } = await renew()
  expect([code, output]).toEqual([0, "the token of the database's keys is valid for 768 hours\n"])
  expect(vault.renewals).toBe(1)
})

test('an expired token fails the run with the error of Vault', async () => {
  expect(await renew('hvs.expired')).toEqual({
    code: 1,
    output: "the token of the database's keys is not renewed: Vault says 403 permission denied\n",
  })
})

test('a token that is not periodic fails the run', async () => {
  vault.period = undefined
  const { code, output } = await renew()
  expect([code, output]).toEqual([1, expect.stringContaining('it is not periodic, so it expires for good')])
})

test('the token is not sent to a Vault with an untrusted certificate', async () => {
  const { code, output } = await renew(TOKEN, false)
  expect(code).toBe(1)
  expect(output).toMatch(/does not answer: .*certificate/)
  expect(vault.renewals).toBe(0)
})
