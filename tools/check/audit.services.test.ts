import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const AUDIT = join(import.meta.dirname, 'audit.ts')

/** Runs the audit against a registry that has one version of each package, and answers requests for advisories like this. */
async function audit(status: number, advisories: object): Promise<{ readonly code: number; readonly output: string }> {
  const server = createServer(({ method, url = '' }, response) => {
    const name = decodeURIComponent(url.slice(1))
    const known = { name, 'dist-tags': { latest: '0.0.1' }, versions: { '0.0.1': { name, version: '0.0.1' } } }
    response.writeHead(method === 'GET' ? 200 : status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(method === 'GET' ? known : advisories))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const env = { ...process.env, npm_config_registry: `http://127.0.0.1:${port}/`, npm_config_fetch_retries: '0' }
  return new Promise((resolve) => {
    execFile(process.execPath, [AUDIT], { env }, (error, out, err) => {
      server.close()
      resolve({ code: error === null ? 0 : Number(error.code), output: `${out}\n${err}` })
    })
  })
}

describe.concurrent('the audit of packages', () => {
  test('passes when no advisory applies', async () => expect(await audit(200, {})).toMatchObject({ code: 0 }))

  test('fails when an advisory applies', async () => {
    const advisory = {
      id: 1,
      url: 'https://example.com/1',
      title: 'A made-up fault',
      severity: 'high',
      vulnerable_versions: '*',
    }
    const { code, output } = await audit(200, { zod: [{ ...advisory, cwe: [], cvss: { score: 8 } }] })
    expect(output).toContain('A made-up fault')
    expect(code).toBe(1)
  })

  test('exits with 75 when the registry refuses the request', async () => {
    const { code, output } = await audit(405, {})
    expect(output).toContain('cannot read the advisories: 405')
    expect(code).toBe(75)
  })
})
