import { startProxy, type Haproxy } from './haproxy.ts'

/** The ports of one node of the chat on this machine. */
export interface NodePorts {
  readonly name: string
  readonly api: number
  readonly websocket: number
}

/**
 * One address on 127.0.0.1 in front of several nodes: connections go to their WebSocket ports, requests to their API. A
 * node whose readiness fails gets nothing new.
 */
export function startBalancer(port: number, nodes: readonly NodePorts[]): Promise<Haproxy> {
  return startProxy(port, configuration(port, nodes))
}

function configuration(port: number, nodes: readonly NodePorts[]): string {
  const servers = (of: (node: NodePorts) => number) =>
    nodes.map((node) => `  server ${node.name} 127.0.0.1:${of(node)} check inter 1s fall 2 rise 1`).join('\n')
  return `defaults
  mode http
  option forwardfor
  option httpchk GET /actuator/health/readiness
  option redispatch
  retries 3
  retry-on conn-failure empty-response
  timeout connect 5s
  timeout client 75s
  timeout server 75s
  timeout tunnel 1h

frontend public
  bind 127.0.0.1:${port}
  acl is_websocket hdr(Upgrade) -i websocket
  use_backend websocket if is_websocket
  default_backend api

backend api
  balance roundrobin
${servers(({ api }) => api)}

backend websocket
  balance leastconn
${servers(({ websocket }) => websocket)}
`
}
