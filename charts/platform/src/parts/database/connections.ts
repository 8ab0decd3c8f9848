import { ChatAppSpec, type ChatAppSpecInput } from '@chat-app/crds'
import { DATABASE_CONNECTIONS } from '@chat-app/chat/constructs'
import { mostPods } from '../policies/demand.ts'
import { DATABASE_CONNECTIONS_RESERVED, DATABASE_MAX_CONNECTIONS } from '../../limits.ts'

/** The connections that the pods of all ChatApps may open together. */
export const CONNECTIONS_FOR_CHAT = DATABASE_MAX_CONNECTIONS - DATABASE_CONNECTIONS_RESERVED

interface Connections {
  readonly total: number
  readonly most: 'api' | 'websocket'
}

/**
 * The most connections that `chatApps` ChatApps of one spec open while each rolls out at the maximum of its autoscaler:
 * one more API pod, all new WebSocket pods beside the old ones, and one more worker.
 *
 * @returns the total, and the service with the larger share; undefined for an invalid spec, which has faults of its own
 */
export function connectionsOfRollouts(spec: ChatAppSpecInput, chatApps: number): Connections | undefined {
  const { data } = ChatAppSpec.safeParse(spec)
  if (data === undefined) return undefined
  const api = (mostPods(data.api) + 1) * DATABASE_CONNECTIONS.api
  const websocket = mostPods(data.websocket) * 2 * DATABASE_CONNECTIONS.websocket
  const worker = data.worker === undefined ? 0 : (mostPods(data.worker) + 1) * DATABASE_CONNECTIONS.worker
  return {
    total: chatApps * (api + websocket + worker + DATABASE_CONNECTIONS.migrate),
    most: api > websocket ? 'api' : 'websocket',
  }
}
