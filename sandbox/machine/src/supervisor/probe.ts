import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import type { IdentityFiles } from '../certificates/authority.ts'

/** An HTTPS endpoint that responds with status 200 once its process is ready. */
export interface Probe {
  readonly url: string
  /** Path of the root certificate (PEM) that the server's certificate is verified with. */
  readonly ca: string
  readonly client?: IdentityFiles
}

/** Reports whether the endpoint responds with status 200 within `timeoutMs`. Never throws. */
export async function isServing(probe: Probe, timeoutMs = 2000): Promise<boolean> {
  try {
    return (await status(probe, timeoutMs)) === 200
  } catch {
    return false
  }
}

async function status(probe: Probe, timeoutMs: number): Promise<number | undefined> {
  const ca = await readFile(probe.ca)
  const client = probe.client
    ? { cert: await readFile(probe.client.certificate), key: await readFile(probe.client.key) }
    : {}
  return new Promise((resolve, reject) => {
    const options = { ca, ...client, agent: false, signal: AbortSignal.timeout(timeoutMs) } as const
    const call = request(probe.url, options, (response) => {
      response.resume().on('error', reject)
      resolve(response.statusCode)
    })
    call.on('error', reject).end()
  })
}
