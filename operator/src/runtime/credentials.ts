import { existsSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { Agent, ProxyAgent, type Dispatcher } from 'undici'

/** Files and tokens are read again after this time; client-go uses the same minute. */
const REFRESH_MS = 60_000
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** Where the API server is, how to reach it, and who we are. */
export interface Connection {
  readonly server: string
  readonly dispatcher: Dispatcher
  readonly headers: Readonly<Record<string, string>>
}

export interface Credentials {
  /** True when the configuration came from the pod's own service account. */
  readonly inCluster: boolean
  /** The present connection. Rotated files are picked up within a minute; `renew` asks for it at once (after a 401). */
  connection(renew?: boolean): Promise<Connection>
  close(): Promise<void>
}

/**
 * Credentials of a kubeconfig file, or, without one, of `KUBECONFIG`, of the pod's service account, or of `~/.kube/config`.
 * One connection pool serves all requests, and is replaced only when the CA or the client certificate changes.
 * @throws Error that names what is missing when there is no cluster to talk to.
 */
export function loadCredentials(kubeconfig?: string): Credentials {
  const inCluster = kubeconfig === undefined && runsInCluster()
  let config = loadConfig(kubeconfig, inCluster)
  let current: (Connection & { readonly identity: string }) | undefined
  let readAtMs = 0
  let reading: Promise<Connection> | undefined

  async function read(renew: boolean): Promise<Connection> {
    // Authenticators cache tokens; only new ones read a file again before its time.
    if (renew) config = loadConfig(kubeconfig, inCluster)
    const { server } = config.getCurrentCluster()!
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    const identity = JSON.stringify([options.ca, options.cert, options.key].map(String))
    const headers = headersOf(options)
    if (current?.identity === identity) {
      current = { ...current, headers }
    } else {
      const retired = current?.dispatcher
      current = {
        server: server.replace(/\/+$/, ''),
        dispatcher: dispatcherOf(config, options),
        headers,
        identity,
      }
      // Streams of the retired pool end by themselves; only then its sockets close.
      void retired?.close().catch(() => {})
    }
    readAtMs = Date.now()
    return current
  }

  return {
    inCluster,
    async connection(renew = false) {
      const freshForMs = renew ? 1000 : REFRESH_MS
      if (current !== undefined && Date.now() - readAtMs < freshForMs) return current
      reading ??= read(renew).finally(() => {
        reading = undefined
      })
      // A file that cannot be read during its rotation must not end a working connection.
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

/** `applyToHTTPSOptions` has the credentials in the shape of node:https; what undici needs of them is the same. */
function dispatcherOf(config: KubeConfig, options: RequestOptions): Dispatcher {
  const cluster = config.getCurrentCluster()!
  const { ca, cert, key, rejectUnauthorized, servername } = options
  const tls = { ca, cert, key, rejectUnauthorized, servername }
  const connect = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined))
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
