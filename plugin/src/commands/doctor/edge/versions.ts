import { connect, type Settings } from 'node:http2'
import { ask, connectOptions, isSecure, type Edge } from './edge.ts'
import type { Versions } from './measured.ts'

/** Finds the versions of HTTP that an edge speaks, by speaking them. */
export async function versionsOf(edge: Edge, timeoutMs: number): Promise<Versions> {
  const http1 = await ask(edge, { path: '/', timeoutMs }).then(
    () => undefined,
    (error: Error) => error.message,
  )
  if (http1 === undefined) return { http1: true, http2: false, extendedConnect: false }
  const settings = await http2Settings(edge, timeoutMs)
  const extendedConnect = settings?.enableConnectProtocol === true
  return { http1: false, http2: settings !== undefined, extendedConnect, failure: http1 }
}

/** The settings of the edge; undefined where it does not speak HTTP/2. */
async function http2Settings(edge: Edge, timeoutMs: number): Promise<Settings | undefined> {
  const { host, port, ...options } = connectOptions(edge)
  const authority = `${isSecure(edge) ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
  const session = connect(authority, { ...options, ALPNProtocols: ['h2'] })
  let timer: NodeJS.Timeout | undefined
  const settings = await new Promise<Settings | undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs)
    session.on('remoteSettings', resolve)
    session.on('error', () => resolve(undefined))
    session.on('close', () => resolve(undefined))
  })
  clearTimeout(timer)
  session.destroy()
  return settings
}
