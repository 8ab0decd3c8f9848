import { freePort } from './daemon.ts'
import { startProxy, type Haproxy } from './haproxy.ts'

/** HOST:PORT of the services of a ChatApp. */
export interface PageServices {
  readonly api: string
  readonly websocket: string
}

/** Starts one address on 127.0.0.1 for the page of a ChatApp, with the routes of the Ingress of its API. */
export async function startPageAddress(services: PageServices): Promise<Haproxy> {
  const port = await freePort()
  return startProxy(port, configuration(port, services))
}

function configuration(port: number, { api, websocket }: PageServices): string {
  return `defaults
  mode http
  option forwardfor
  timeout connect 5s
  timeout client 75s
  timeout server 75s
  timeout tunnel 1h

frontend public
  bind 127.0.0.1:${port}
  acl is_public path / /api/chat /api/users /app
  acl is_public path_beg /api/chat/ /api/users/ /app/
  acl is_websocket path /ws
  http-request deny deny_status 404 unless is_public || is_websocket
  use_backend websocket if is_websocket
  default_backend api

backend api
  server service ${api}

backend websocket
  server service ${websocket}
`
}
