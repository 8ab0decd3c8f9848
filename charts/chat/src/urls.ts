import type { ChatAppSpecDefaulted } from '@chat-app/crds'

/** URLs by which clients reach the two services. */
export interface Urls {
  readonly api: string
  readonly websocket: string
}

/** The public hosts if there are any, else the Services inside the cluster. */
export function urlsOf(name: string, namespace: string, exposure: ChatAppSpecDefaulted['exposure']): Urls {
  const { hosts, type, tls } = exposure
  if (hosts === undefined) {
    const inCluster = (component: string) => `${name}-${component}.${namespace}.svc`
    return { api: `http://${inCluster('api')}`, websocket: `ws://${inCluster('websocket')}` }
  }
  // The listeners of a Gateway are not read: they are assumed to serve TLS, as a public chat must.
  const s = type === 'Gateway' || tls !== undefined ? 's' : ''
  return { api: `http${s}://${hosts.api}`, websocket: `ws${s}://${hosts.websocket}` }
}
