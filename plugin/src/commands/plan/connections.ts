import { valueAt } from '@chat-app/chat'
import type { Known } from './known.ts'
import type { Connections, ServiceChange } from './plan.ts'

/** The connections that the pods that stop close; undefined when none stops. */
export function movedConnections(known: Known, services: readonly ServiceChange[]): Connections | undefined {
  const { choice, input } = known
  const share = shareOf(known, services)
  const template = choice.running.websocket?.release.templates.websocket
  if (share === 0 || template === undefined) return undefined
  const periodSeconds = drainSecondsOf(template)
  const { connections: open } = input
  return {
    share,
    periodSeconds,
    ...(open !== undefined && { open, perSecond: Math.ceil((open * share) / periodSeconds) }),
  }
}

/** The share of the WebSocket pods that stop. */
function shareOf({ deployments, former, model }: Known, services: readonly ServiceChange[]): number {
  const now = deployments.websocket?.replicas ?? 0
  if (now === 0) return 0
  const change = services.find(({ component }) => component === 'websocket')
  if (change !== undefined) return 1
  // An autoscaler decides about the number itself.
  const { replicas, autoscaled } = model.services.websocket
  return former === undefined || autoscaled ? 0 : Math.max(0, now - replicas) / now
}

/** The drain of the pods that run now. */
function drainSecondsOf(template: object): number {
  const containers = valueAt(template, ['spec', 'containers']) as
    | readonly { readonly env?: readonly { readonly name: string; readonly value?: string }[] }[]
    | undefined
  const variables = (containers ?? []).flatMap(({ env = [] }) => env)
  return Number(variables.find(({ name }) => name === 'DRAIN_PERIOD_SECONDS')?.value) || 1
}
