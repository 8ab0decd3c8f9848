import type { ChatAppSpecDefaulted } from '@chat-app/crds'

/** Where clients reach the two services. */
export interface Urls {
  readonly api: string
  readonly websocket: string
}

/** By public host where there is one, else by the Services inside the cluster. */
export function urlsOf(name: string, namespace: string, exposure: ChatAppSpecDefaulted['exposure']): Urls {
  const { hosts, type, tls } = exposure
  if (hosts === undefined) {
    const inCluster = (component: string) => `${name}-${component}.${namespace}.svc`
    return { api: `http://${inCluster('api')}`, websocket: `ws://${inCluster('websocket')}` }
  }
  // A Gateway's listeners are not ours to read; one that serves a chat to the world without TLS would be a mistake.
  const s = type === 'Gateway' || tls !== undefined ? 's' : ''
  return { api: `http${s}://${hosts.api}`, websocket: `ws${s}://${hosts.websocket}` }
}
