import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { Daemon } from './daemon.ts'
import { makeFolder, removeFolder } from './folder.ts'
import { listening } from './haproxy.ts'

/** The ports of one node of the chat on this machine. */
export interface NodePorts {
  readonly name: string
  readonly api: number
  readonly websocket: number
}

/** One address in front of several nodes: connections go to their WebSocket ports, requests to their API. */
export interface Balancer {
  readonly url: string
  stop(): Promise<void>
}

/** Starts Debian's haproxy on 127.0.0.1. A node whose readiness fails gets nothing new. */
export async function startBalancer(port: number, nodes: readonly NodePorts[]): Promise<Balancer> {
  const dir = makeFolder('balancer')
  const file = join(dir, 'haproxy.cfg')
  await writeFile(file, configuration(port, nodes))
  const command = inRoot(await debianRoot(['haproxy']), 'usr/sbin/haproxy')
  const daemon = new Daemon({
    name: 'haproxy',
    dir,
    argv: [...command, '-db', '-f', file],
    probe: () => listening(port),
  })
  await daemon.start()
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await daemon.kill('SIGTERM')
      await removeFolder(dir)
    },
  }
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
