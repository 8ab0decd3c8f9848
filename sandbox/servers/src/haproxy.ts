import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { Daemon, freePort } from './daemon.ts'
import { makeFolder, removeFolder } from './folder.ts'

/** Debian's haproxy on 127.0.0.1, in front of one HTTP server. */
export interface Haproxy {
  readonly port: number
  /** Base of its URLs. */
  readonly url: string
  stop(): Promise<void>
}

/** Starts a proxy that adds the address of the client to `X-Forwarded-For`. @param target HOST:PORT of the server behind it */
export async function startHaproxy(target: string): Promise<Haproxy> {
  const port = await freePort()
  return startProxy(port, configuration(port, target))
}

/** Starts haproxy with a configuration that listens on this port of 127.0.0.1. */
export async function startProxy(port: number, configuration: string): Promise<Haproxy> {
  const dir = makeFolder('haproxy')
  const file = join(dir, 'haproxy.cfg')
  await writeFile(file, configuration)
  const command = inRoot(await debianRoot(['haproxy']), 'usr/sbin/haproxy')
  const daemon = new Daemon({
    name: 'haproxy',
    dir,
    argv: [...command, '-db', '-f', file],
    probe: () => listening(port),
  })
  await daemon.start()
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await daemon.kill('SIGKILL')
      await removeFolder(dir)
    },
  }
}

function configuration(port: number, target: string): string {
  return `defaults
  mode http
  option forwardfor
  timeout connect 5s
  timeout client 60s
  timeout server 60s

frontend public
  bind 127.0.0.1:${port}
  default_backend server

backend server
  server server ${target}
`
}

async function listening(port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port })
  await once(socket, 'connect')
  socket.destroy()
}
