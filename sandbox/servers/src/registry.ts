import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { Daemon, freePort } from './daemon.ts'
import { makeFolder, removeFolder } from './folder.ts'

export interface RegistryOptions {
  /** IP address to listen on. @default '127.0.0.1' */
  readonly host?: string
  /** @default a free port */
  readonly port?: number
  /** Whether pushes are refused. @default false */
  readonly readOnly?: boolean
}

/** Debian's docker-registry, without TLS and without a login. */
export interface RegistryServer {
  /** HOST:PORT. */
  readonly address: string
  stop(): Promise<void>
}

export async function startRegistry(options: RegistryOptions = {}): Promise<RegistryServer> {
  const { host = '127.0.0.1', port = await freePort(), readOnly = false } = options
  const dir = makeFolder('registry')
  const address = `${host}:${port}`
  const file = join(dir, 'config.yml')
  await writeFile(file, configuration(address, join(dir, 'data'), readOnly))
  const command = inRoot(await debianRoot(['docker-registry']), 'docker-registry')
  const daemon = new Daemon({
    name: 'docker-registry',
    dir,
    argv: [...command, 'serve', file],
    probe: async () => {
      const { status } = await fetch(`http://${address}/v2/`, { signal: AbortSignal.timeout(5000) })
      if (status !== 200) throw new Error(`/v2/: status ${status}`)
    },
  })
  await daemon.start()
  return {
    address,
    stop: async () => {
      await daemon.kill('SIGKILL')
      await removeFolder(dir)
    },
  }
}

/** Returns JSON, which is also valid YAML. */
function configuration(address: string, folder: string, readOnly: boolean): string {
  return JSON.stringify({
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: folder },
      cache: { blobdescriptor: 'inmemory' },
      maintenance: { readonly: { enabled: readOnly } },
    },
    http: { addr: address },
  })
}
