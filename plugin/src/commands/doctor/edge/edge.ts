import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'

/** A public host, and how to reach it. */
export interface Edge {
  readonly url: URL
  /** The address in place of the one of its name, such as that of a port-forward. @default that of its name */
  readonly address?: { readonly host: string; readonly port: number }
  /** The address of this machine to connect from. @default any */
  readonly localAddress?: string
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
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
export function connectOptions({ url, address, localAddress }: Edge) {
  const host = url.hostname
  return {
    host: address?.host ?? host,
    port: address?.port ?? (Number(url.port) || (isSecure({ url }) ? 443 : 80)),
    ...(localAddress !== undefined && { localAddress }),
    ...(isSecure({ url }) && isIP(host) === 0 && { servername: host }),
  }
}

export function isSecure({ url }: Pick<Edge, 'url'>): boolean {
  return url.protocol === 'https:' || url.protocol === 'wss:'
}

/** One request by HTTP/1.1 over a connection of its own. @throws Error when there is no answer in time */
export function ask(edge: Edge, { method = 'GET', path, headers = {}, body, timeoutMs }: Ask): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const send = isSecure(edge) ? httpsRequest : httpRequest
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const given = { host: edge.url.host, ...length, ...headers }
  const request = send({ ...connectOptions(edge), method, path, headers: given, agent: false }, (response) => {
    const { localAddress: local = '', remoteAddress: remote = '' } = response.socket
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => {
      if (text.length < MAX_ANSWER_CHARACTERS) text += part
    })
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, local, remote }),
    )
    response.on('error', reject)
  })
  request.on('error', reject)
  request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
  request.end(body)
  return promise
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
