import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CONFIG_MAPS, DEPLOYMENTS } from '@chat-app/chat/resources'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { faultyServer, json, refuse, type Answer, type FaultyServer } from '../testing/faulty-server.ts'
import { loadCredentials } from './credentials.ts'
import { ApiError, ConnectionError } from './errors.ts'
import type { KubeObject } from './types.ts'

let server: FaultyServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

async function serve(answer: Answer, token?: () => string): Promise<FaultyServer> {
  server = await faultyServer(answer, token)
  return server
}

const configMap: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'ns', uid: 'u-1' },
  data: { key: 'value' },
}

describe('a client', () => {
  test('applies by server-side apply with a manager, strictly, and by force only on demand', async () => {
    const { client, requests } = await serve((seen, response) => json(response, 200, seen.body))
    await client.apply(configMap, { fieldManager: 'me' })
    await client.apply(configMap, { fieldManager: 'me', force: true, dryRun: true })
    await client.apply(configMap, { fieldManager: 'me', subresource: 'status' })
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PATCH /api/v1/namespaces/ns/configmaps/a',
      'PATCH /api/v1/namespaces/ns/configmaps/a',
      'PATCH /api/v1/namespaces/ns/configmaps/a/status',
    ])
    expect(requests[0]?.headers['content-type']).toBe('application/apply-patch+yaml')
    expect(String(requests[0]?.query)).toBe('fieldManager=me&fieldValidation=Strict')
    expect(String(requests[1]?.query)).toBe('fieldManager=me&fieldValidation=Strict&force=true&dryRun=All')
    expect(requests[0]?.body).toEqual(configMap)
  })

  test('deletes only the object with the UID', async () => {
    const { client, requests } = await serve((_seen, response) => json(response, 200, {}))
    await client.delete(configMap)
    expect(requests[0]?.body).toMatchObject({ propagationPolicy: 'Background', preconditions: { uid: 'u-1' } })
  })

  test('escapes names in paths', async () => {
    const { client, requests } = await serve((_seen, response) => json(response, 200, {}))
    await client.get(CONFIG_MAPS, 'ns', '../secrets/x')
    expect(requests[0]?.path).toBe('/api/v1/namespaces/ns/configmaps/..%2Fsecrets%2Fx')
  })

  test('throws the error of the API server with its causes', async () => {
    const causes = [{ field: 'spec.replicas', reason: 'FieldValueInvalid', message: 'must be positive' }]
    const { client } = await serve((_seen, response) =>
      json(response, 422, {
        kind: 'Status',
        code: 422,
        reason: 'Invalid',
        message: 'it is invalid',
        details: { causes },
      }),
    )
    const error = await client.get(DEPLOYMENTS, 'ns', 'a').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 422, reason: 'Invalid', causes })
    expect(String(error)).toContain('GET /apis/apps/v1/namespaces/ns/deployments/a: 422 it is invalid')
  })

  test('throws the error of a proxy', async () => {
    const { client } = await serve((_seen, response) => response.writeHead(502).end('<h1>Bad Gateway</h1>'))
    await expect(client.get(DEPLOYMENTS, 'ns', 'a')).rejects.toMatchObject({ status: 502, message: /Bad Gateway/ })
  })

  test('refuses a success that is not JSON', async () => {
    const { client } = await serve((_seen, response) => response.writeHead(200).end('<html>log in</html>'))
    await expect(client.get(DEPLOYMENTS, 'ns', 'a')).rejects.toThrow('not JSON: <html>log in</html>')
  })

  test('gives up after its time limit', async () => {
    const { client, records } = await serve(() => {})
    const request = client.request({ method: 'GET', path: '/slow', timeoutMs: 50 })
    await expect(request).rejects.toBeInstanceOf(ConnectionError)
    expect(records.map(({ code }) => code)).toEqual([0])
  })

  test('gives up on a body that stops in the middle', async () => {
    const { client } = await serve((_seen, response) => {
      response.writeHead(200)
      response.write('{"half":')
    })
    await expect(client.request({ method: 'GET', path: '/half', timeoutMs: 50 })).rejects.toBeInstanceOf(
      ConnectionError,
    )
  })

  test('names the request that could not be sent, and the cause', async () => {
    const stopped = await serve(() => {})
    const { client } = stopped
    await stopped.close()
    server = undefined
    await expect(client.get(CONFIG_MAPS, 'ns', 'a')).rejects.toThrow(/^GET .*configmaps\/a: /)
  })

  test('sends the token, and repeats a request once after a 401', async () => {
    let refusals = 1
    const { client, requests } = await serve(
      (_seen, response) => {
        refusals -= 1
        if (refusals >= 0) refuse(response, 401, 'Unauthorized')
        else json(response, 200, {})
      },
      () => 'secret-token',
    )
    await client.get(CONFIG_MAPS, 'ns', 'a')
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer secret-token', 'Bearer secret-token'])
    refusals = 2
    await expect(client.get(CONFIG_MAPS, 'ns', 'a')).rejects.toMatchObject({ status: 401 })
    expect(requests).toHaveLength(4)
  })

  test('sends thirty requests at once and uses their connections again', async () => {
    const ports = new Set<number | undefined>()
    const { client } = await serve((_seen, response) => {
      ports.add(response.socket?.remotePort)
      json(response, 200, {})
    })
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 30 }, () => client.get(CONFIG_MAPS, 'ns', 'a')))
    }
    expect(ports.size).toBeLessThan(40)
  })

  test('reports every request with its code and the warnings of the server', async () => {
    const { client, records } = await serve((_seen, response) =>
      json(response, 200, {}, { warning: '299 - "unknown field \\"spec.x\\"", 299 - "deprecated"' }),
    )
    await client.get(CONFIG_MAPS, 'ns', 'a')
    expect(records).toMatchObject([{ verb: 'get', code: 200, warnings: ['unknown field \\"spec.x\\"', 'deprecated'] }])
  })
})

describe('credentials', () => {
  function kubeconfig(content: object): string {
    const path = join(mkdtempSync(join(tmpdir(), 'kubeconfig-')), 'config')
    writeFileSync(path, JSON.stringify(content))
    return path
  }

  test('name the cluster that is missing', () => {
    const path = kubeconfig({ clusters: [], users: [], contexts: [], 'current-context': 'nowhere' })
    expect(() => loadCredentials(path)).toThrow('context "nowhere" names no cluster')
  })

  test('read a rotated token file after a minute, or when the old token was refused', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const token = kubeconfig({})
    const authProvider = { name: 'tokenFile', config: { tokenFile: token } }
    const path = kubeconfig({
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: { 'auth-provider': authProvider } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    })
    writeFileSync(token, 'first\n')
    const credentials = loadCredentials(path)
    const first = await credentials.connection()
    expect(first.headers['authorization']).toBe('Bearer first')

    writeFileSync(token, 'second\n')
    vi.advanceTimersByTime(30_000)
    expect((await credentials.connection()).headers['authorization']).toBe('Bearer first')
    expect((await credentials.connection(true)).headers['authorization']).toBe('Bearer second')

    writeFileSync(token, 'third\n')
    vi.advanceTimersByTime(61_000)
    const third = await credentials.connection()
    expect(third.headers['authorization']).toBe('Bearer third')
    expect(third.dispatcher).toBe(first.dispatcher)

    // A file that is missing during its rotation does not matter.
    rmSync(token)
    vi.advanceTimersByTime(61_000)
    expect((await credentials.connection()).headers['authorization']).toBe('Bearer third')
    await credentials.close()
    vi.useRealTimers()
  })
})
