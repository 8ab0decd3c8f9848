import { DECISIONS } from '@chat-app/chat/annotations'
import { conditionIn } from '@chat-app/chat/object-conditions'
import { Failure } from '../../failure.ts'
import { called, decision, moment } from './decision.ts'

export const restart = decision({
  name: 'restart',
  summary: 'replaces all pods by a rollout, with its proof',
  about: [
    `Sets the annotation ${DECISIONS.restart}: the same pods replace those that run, as "kubectl rollout restart" does. It is a rollout like any other: it is proven, one service follows the other, and it goes back by itself when it fails. The spec stays as it is.`,
  ],
  options: {
    api: { help: 'the API pods alone' },
    websocket: { help: 'the WebSocket pods alone; every client connects again' },
  },
  examples: { 'kubectl chatapp restart chat-app -n chat-app --api': 'the API pods alone' },
  plan({ chatApp, values, now }) {
    const { paused, hibernated, version, worker } = chatApp.spec
    if (hibernated) throw new Failure(`${called(chatApp)} is hibernated: it has no pods; "wake" starts new ones`)
    if (paused) throw new Failure(`${called(chatApp)} is paused: the operator would do nothing; "resume" it before`)
    const { reason = '' } = conditionIn(chatApp.status?.conditions, 'Ready') ?? {}
    if (reason.startsWith('RolledBack'))
      throw new Failure(`${called(chatApp)} runs a former release (${reason}): a restart would wait until it does not`)
    const named = (['api', 'websocket'] as const).filter((service) => values[service])
    const services = named.length > 0 ? named : ['api', 'websocket', ...(worker === undefined ? [] : ['worker'])]
    const moved = services.includes('websocket') ? ' Each client connects again once.' : ''
    const value = named.length > 0 ? `${named.join(',')}@${moment(now)}` : moment(now)
    return {
      what: `${called(chatApp)}: a rollout of ${version} replaces all pods of ${listed(services)}.${moved}`,
      patch: { metadata: { annotations: { [DECISIONS.restart]: value } } },
      done: `${called(chatApp)}: the restart begins`,
    }
  },
})

function listed(names: readonly string[]): string {
  return new Intl.ListFormat('en').format(names)
}
