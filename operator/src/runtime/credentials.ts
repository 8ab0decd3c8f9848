import { existsSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { Agent, ProxyAgent, type Dispatcher } from 'undici'
import { defined } from './json.ts'

/** Files and tokens are read again after this time; client-go uses the same minute. */
const REFRESH_MS = 60_000
/** Many requests may get a 401 at once; their files are read once. */
const MIN_RENEWAL_MS = 1000
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** The address of the API server, a pool of connections to it, and the headers that authenticate. */
export interface Connection {
  readonly server: string
  readonly dispatcher: Dispatcher
  readonly headers: Readonly<Record<string, string>>
}

export interface Credentials {
  /** True when the configuration came from the pod's own service account. */
  readonly inCluster: boolean
  /** The current connection. Files are read again once a minute; `renew` reads them at once, after a 401. */
  connection(renew?: boolean): Promise<Connection>
  close(): Promise<void>
}

/**
 * Credentials of a kubeconfig file, or, without one, of `KUBECONFIG`, of the pod's service account, or of `~/.kube/config`.
 * One connection pool serves all requests, and is replaced only when the CA or the client certificate changes.
 * @throws Error when no cluster is configured, naming what is missing
 */
export function loadCredentials(kubeconfig?: string): Credentials {
  const inCluster = kubeconfig === undefined && runsInCluster()
  let config = loadConfig(kubeconfig, inCluster)
  let current: (Connection & { readonly tlsIdentity: string }) | undefined
  let readAtMs = 0
  let reading: Promise<Connection> | undefined

  async function read(renew: boolean): Promise<Connection> {
    // Authenticators cache tokens; only a new configuration reads their files again before the cache expires.
    if (renew) config = loadConfig(kubeconfig, inCluster)
    const { server } = config.getCurrentCluster()!
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    const tlsIdentity = JSON.stringify([options.ca, options.cert, options.key].map(String))
    const headers = headersOf(options)
    if (current?.tlsIdentity === tlsIdentity) {
      current = { ...current, headers }
    } else {
      const former = current?.dispatcher
      current = {
        server: server.replace(/\/+$/, ''),
        dispatcher: dispatcherOf(config, options),
        headers,
        tlsIdentity,
      }
      // The watches of the former pool go on until they end; its sockets close after that.
      void former?.close().catch(() => {})
    }
    readAtMs = Date.now()
    return current
  }

  return {
    inCluster,
    async connection(renew = false) {
      const freshForMs = renew ? MIN_RENEWAL_MS : REFRESH_MS
      if (current !== undefined && Date.now() - readAtMs < freshForMs) return current
      reading ??= read(renew).finally(() => {
        reading = undefined
      })
      // A file that cannot be read while it is rotated must not end a working connection.
      return current === undefined ? reading : reading.catch(() => current!)
    },
    async close() {
      await current?.dispatcher.destroy()
    },
  }
}

function runsInCluster(): boolean {
  return (
    process.env['KUBERNETES_SERVICE_HOST'] !== undefined &&
    (process.env['KUBECONFIG'] ?? '') === '' &&
    existsSync(SERVICE_ACCOUNT_TOKEN)
  )
}

function loadConfig(kubeconfig: string | undefined, inCluster: boolean): KubeConfig {
  const config = new KubeConfig()
  if (kubeconfig !== undefined) config.loadFromFile(kubeconfig)
  else if (inCluster) config.loadFromCluster()
  else config.loadFromDefault()
  if (config.getCurrentContext() === 'loaded-context') {
    throw new Error('no cluster is configured: set KUBECONFIG, or run inside a cluster with a service account')
  }
  if (config.getCurrentCluster() === null) {
    throw new Error(`kubeconfig: context "${config.getCurrentContext()}" names no cluster; set current-context`)
  }
  return config
}

/** `applyToHTTPSOptions` gives the options of node:https; undici has the same names for those of TLS. */
function dispatcherOf(config: KubeConfig, options: RequestOptions): Dispatcher {
  const cluster = config.getCurrentCluster()!
  const { ca, cert, key, rejectUnauthorized, servername } = options
  const connect = defined({ ca, cert, key, rejectUnauthorized, servername })
  const limits = { allowH2: false, keepAliveTimeout: 60_000, connectTimeout: 10_000 }
  if (cluster.proxyUrl !== undefined && cluster.proxyUrl !== '') {
    if (cluster.proxyUrl.startsWith('socks')) {
      throw new Error(`kubeconfig: proxy-url "${cluster.proxyUrl}": only http and https proxies are supported`)
    }
    return new ProxyAgent({ uri: cluster.proxyUrl, requestTls: connect, ...limits })
  }
  return new Agent({ connect: { ...connect, keepAlive: true, keepAliveInitialDelay: 15_000 }, ...limits })
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = String(value).trim()
  }
  if (typeof options.auth === 'string')
    headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`
  return headers
}
