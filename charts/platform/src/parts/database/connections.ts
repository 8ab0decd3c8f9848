import { ChatAppSpec, type ChatAppSpecInput } from '@chat-app/crds'
import { databaseConnections } from '@chat-app/chat/constructs'
import { mostPods } from '../policies/demand.ts'
import { MAX_CONNECTIONS } from './configuration.ts'

/** Connections for the operator, backups, the exporter, people, and pods of an earlier rollout that still drain. */
const RESERVED = 100

/** The connections that the pods of all ChatApps may open together. */
export const CONNECTIONS_FOR_CHAT = MAX_CONNECTIONS - RESERVED

interface Connections {
  readonly total: number
  readonly most: 'api' | 'websocket'
}

/**
 * The most connections that `chatApps` ChatApps of one spec open while each rolls out at the maximum of its autoscaler:
 * one more API pod, and all new WebSocket pods beside the old ones.
 *
 * @returns the total, and the service with the larger share; undefined for an invalid spec, which has faults of its own
 */
export function connectionsOfRollouts(spec: ChatAppSpecInput, chatApps: number): Connections | undefined {
  const { data } = ChatAppSpec.safeParse(spec)
  if (data === undefined) return undefined
  const api = (mostPods(data.api) + 1) * databaseConnections.api
  const websocket = mostPods(data.websocket) * 2 * databaseConnections.websocket
  return {
    total: chatApps * (api + websocket + databaseConnections.migrate),
    most: api > websocket ? 'api' : 'websocket',
  }
}
