import { once } from 'node:events'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Authority } from '@chat-app/sandbox-machine'
import type { Loose } from '@chat-app/chat/testing'

/** An HTTPS server on 127.0.0.1 that acts as an ingress controller for one Ingress. */
export interface IngressServer {
  readonly url: string
  /** The requests, as `METHOD path`, whose paths the Ingress lacks. They were answered with 404. */
  readonly refused: readonly string[]
  stop(): Promise<void>
}

/**
 * Starts a server that forwards the paths of an Ingress, and no others.
 *
 * @param authority issues the certificate, and is trusted for the target
 * @param target returns the URL of the server behind the Ingress
 */
export async function serveIngress(ingress: Loose, authority: Authority, target: () => string): Promise<IngressServer> {
  const [{ http }] = ingress.spec.rules
  const refused: string[] = []
  const host = '127.0.0.1'
  const { certificate, key } = await authority.issue({ commonName: 'edge', addresses: [host], usages: ['server'] })
  const server = createServer({ cert: certificate, key }, (asked, response) => {
    const [path = ''] = (asked.url ?? '').split('?')
    if (!http.paths.some((rule: Rule) => isPathOf(rule, path))) {
      refused.push(`${asked.method} ${path}`)
      response.writeHead(404).end()
      return
    }
    const { method, url, headers } = asked
    const forwarded = request(new URL(url ?? '/', target()), { method, headers, ca: authority.certificate })
    forwarded.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(response)
    })
    forwarded.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()))
    asked.pipe(forwarded)
  })
  server.listen(0, host)
  await once(server, 'listening')
  const stop = async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { url: `https://${host}:${(server.address() as AddressInfo).port}`, refused, stop }
}

interface Rule {
  readonly path: string
  readonly pathType: string
}

/** Whether a path matches a rule. The path type Prefix matches whole path elements, as in Kubernetes. */
function isPathOf({ path, pathType }: Rule, asked: string): boolean {
  return asked === path || (pathType === 'Prefix' && asked.startsWith(path.endsWith('/') ? path : `${path}/`))
}
