import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'

/** A public host, and how to reach it. */
export interface Edge {
  readonly url: URL
  /** The address in place of the one of its name, such as that of a port-forward. @default that of its name */
  readonly address?: { readonly host: string; readonly port: number }
  /** The address of this machine to connect from. @default any */
  readonly localAddress?: string
  /** The certificate authority, PEM. @default the public ones */
  readonly ca?: string
}

export interface Answer {
  readonly status: number
  readonly body: string
  /** The addresses of both ends of the connection. */
  readonly local: string
  readonly remote: string
}

export interface Ask {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
}

const MAX_ANSWER_CHARACTERS = 64 * 1024

/** The options by which a client of Node connects to an edge. */
export function connectOptions({ url, address, localAddress, ca }: Edge) {
  const host = url.hostname
  // As a browser does for a WebSocket.
  const tls = {
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
  }
  return {
    host: address?.host ?? host,
    port: address?.port ?? (Number(url.port) || (isSecure({ url }) ? 443 : 80)),
    ...(localAddress !== undefined && { localAddress }),
    ...(isSecure({ url }) && tls),
  }
}

export function isSecure({ url }: Pick<Edge, 'url'>): boolean {
  return url.protocol === 'https:' || url.protocol === 'wss:'
}

/**
 * One request by HTTP/1.1 over a connection of its own. Of an answer that is too long or does not end in time, the body ends
 * where it is cut.
 *
 * @throws Error when there is no answer in time
 */
export function ask(edge: Edge, { method = 'GET', path, headers = {}, body, timeoutMs }: Ask): Promise<Answer> {
  const send = isSecure(edge) ? httpsRequest : httpRequest
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const given = { host: edge.url.host, ...length, ...headers }
  return new Promise((resolve, reject) => {
    let cut = (): void => reject(new Error(`no answer within ${timeoutMs / 1000} s`))
    const request = send({ ...connectOptions(edge), method, path, headers: given, agent: false }, (response) => {
      const { localAddress: local = '', remoteAddress: remote = '' } = response.socket
      let text = ''
      cut = () => resolve({ status: response.statusCode ?? 0, body: text, local, remote })
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text = (text + part).slice(0, MAX_ANSWER_CHARACTERS)
        if (text.length === MAX_ANSWER_CHARACTERS) end()
      })
      response.on('end', () => cut())
      response.on('error', reject)
    })
    const end = (): void => {
      cut()
      request.destroy()
    }
    // Not the time-out of the socket, which each byte begins anew.
    const timer = setTimeout(end, timeoutMs)
    request.on('error', reject)
    request.on('close', () => clearTimeout(timer))
    request.end(body)
  })
}

/** The code of an error of the services; undefined for an answer that is not theirs. */
export function serviceCode(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown } }
    return typeof error?.code === 'string' ? error.code : undefined
  } catch {
    return undefined
  }
}
