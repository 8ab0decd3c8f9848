import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, request } from 'undici'

const TIMEOUT_MS = 30_000

/**
 * Stores objects in etcd past the API server, which would give them new UIDs; all at once, so that no controller sees one
 * without the others. The API server then serves them as if it had stored them itself.
 *
 * @param url of etcd
 * @param pki folder with the certificates of the control plane
 * @param objects at most 128, by their keys in etcd, such as `/registry/configmaps/default/one`
 * @throws Error when etcd refuses them
 */
export async function putIntoEtcd(url: string, pki: string, objects: ReadonlyMap<string, object>): Promise<void> {
  const file = (name: string): string => readFileSync(join(pki, name), 'utf8')
  const connect = { ca: file('etcd-ca.crt'), cert: file('etcd-client.crt'), key: file('etcd-client.key') }
  const dispatcher = new Agent({ connect, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
  const puts = [...objects].map(([key, object]) => ({
    requestPut: { key: base64(key), value: base64(JSON.stringify(object)) },
  }))
  try {
    const body = JSON.stringify({ success: puts })
    const answer = await request(`${url}/v3/kv/txn`, { dispatcher, method: 'POST', body })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`etcd does not store the objects: ${answer.statusCode} ${text}`)
  } finally {
    await dispatcher.close()
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
