import { ChatAppSpec, type ChatAppSpecInput } from '@chat-app/crds'
import { DATABASE_CONNECTIONS } from '@chat-app/chat/constructs'
import { mostPods } from '../policies/demand.ts'
import { MAX_CONNECTIONS } from './configuration.ts'

/** For the database's operator, backups, the exporter, people, and pods of an earlier rollout that still drain. */
const RESERVED = 100

/** The connections that the pods of all ChatApps may have together. */
export const CONNECTIONS_FOR_CHAT = MAX_CONNECTIONS - RESERVED

interface Connections {
  readonly total: number
  readonly most: 'api' | 'websocket'
}

/**
 * The most connections that `chatApps` ChatApps of one spec open while each rolls out at the autoscaler's maximum: an API pod
 * beside the others, and all new WebSocket pods beside the old ones; and the service that opens most of them.
 * Undefined for a spec that is not valid, which is refused elsewhere.
 */
export function connectionsOfRollouts(spec: ChatAppSpecInput, chatApps: number): Connections | undefined {
  const { data } = ChatAppSpec.safeParse(spec)
  if (data === undefined) return undefined
  const api = (mostPods(data.api) + 1) * DATABASE_CONNECTIONS.api
  const websocket = mostPods(data.websocket) * 2 * DATABASE_CONNECTIONS.websocket
  return {
    total: chatApps * (api + websocket + DATABASE_CONNECTIONS.migrate),
    most: api > websocket ? 'api' : 'websocket',
  }
}
