import { CHAT_APPS } from '@chat-app/chat/resources'
import { eventually } from '@chat-app/testing'
import { componentOf } from '../../observe/pods.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { crashing, healthy } from '../kubelet.ts'
import type { Chat } from '../namespace.ts'

/** One thing that a user does, at which the operator is killed. */
export interface Step {
  readonly name: string
  /** @param writes the number of the operator's writes since the beginning of the step */
  readonly act: (chat: Chat, writes: () => number) => Promise<unknown>
  /** The reason of the condition `Ready` at its end. @default Ready */
  readonly reason?: string
}

/** The version of a release whose API crashes. */
const BROKEN = '2.0.0'

const hosts = { api: 'api.example.com', websocket: 'ws.example.com' }

/** A ChatApp with an object of every kind that this cluster can store, and with an autoscaler that owns `replicas`. */
const SPEC = {
  api: { autoscaling: { minReplicas: 2, maxReplicas: 4 } },
  database: { tls: { caSecretRef: { name: 'database-ca', key: 'ca.crt' } } },
  exposure: { type: 'Ingress', hosts, ingress: { className: 'haproxy' } },
} as const

/** In their order: each begins where the one before it has ended. */
export const STEPS: readonly Step[] = [
  {
    name: 'create',
    async act(chat) {
      await chat.secrets()
      await chat.secret('database-ca', { 'ca.crt': 'first' })
      await chat.chatApp(SPEC)
    },
  },
  { name: 'scale', act: (chat) => chat.edit(CHAT_APPS, 'chat', { spec: { replicas: 3 } }, 'scale') },
  { name: 'upgrade', act: (chat) => release(chat, '1.1.0') },
  { name: 'rollback', act: (chat) => release(chat, '1.0.0') },
  { name: 'rotation', act: (chat) => chat.secret('database-ca', { 'ca.crt': 'second' }) },
  { name: 'automatic rollback', act: (chat) => release(chat, BROKEN), reason: 'RolledBack' },
  {
    // Nothing is written for a deletion, so the ChatApp is deleted while the operator writes for another change.
    name: 'delete',
    async act(chat, writes) {
      await release(chat, '1.2.0')
      await eventually(() => writes() > 0, { everyMs: 1 })
      await chat.delete(CHAT_APPS, 'chat')
    },
  },
]

/** What becomes of the pods of all steps. */
export function behaviour(pod: KubeObject): object {
  const isBroken = componentOf(pod) === 'api' && pod.metadata.labels?.['app.kubernetes.io/version'] === BROKEN
  return isBroken ? crashing(pod, 'Error: cannot find module') : healthy(pod)
}

async function release(chat: Chat, version: string): Promise<unknown> {
  return chat.edit(CHAT_APPS, 'chat', { spec: { version } })
}
