import { conditionIn } from '@chat-app/chat/object-conditions'
import { Failure } from '../../failure.ts'
import { called, decision } from './decision.ts'

/** The annotation that `kubectl rollout restart` sets, so that other tools know it. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

export const restart = decision({
  name: 'restart',
  summary: 'replaces all pods by a rollout, with its proof',
  about: [
    `Sets the annotation ${RESTARTED_AT} in spec.api.podTemplate and spec.websocket.podTemplate. That is a new release of the same version: it is checked and proven, one service follows the other, and it goes back by itself when it fails.`,
    'Where a tool such as Argo CD applies the ChatApp, it may take the annotation out again, which is one more rollout.',
  ],
  options: {
    api: { help: 'the API pods alone' },
    websocket: { help: 'the WebSocket pods alone; every client connects again' },
  },
  examples: { 'kubectl chatapp restart chat-app -n chat-app --api': 'the API pods alone' },
  plan({ chatApp, values, now }) {
    const { paused, hibernated } = chatApp.spec
    if (hibernated) throw new Failure(`${called(chatApp)} is hibernated: it has no pods; "wake" starts new ones`)
    if (paused) throw new Failure(`${called(chatApp)} is paused: the operator would do nothing; "resume" it before`)
    const ready = conditionIn(chatApp.status?.conditions, 'Ready')
    const isBack = ready?.reason?.startsWith('RolledBack') === true
    const isAll = values.api === undefined && values.websocket === undefined
    const services = (['api', 'websocket'] as const).filter((service) => isAll || values[service])
    const template = { podTemplate: { metadata: { annotations: { [RESTARTED_AT]: now.toISOString() } } } }
    const moved = services.includes('websocket') || isBack ? ' Each client connects again once.' : ''
    const replaced = isBack ? 'all pods' : `all pods of ${services.join(' and ')}`
    const back = isBack ? ' A former release runs now (RolledBack): this ends it.' : ''
    return {
      what: `${called(chatApp)}: a rollout of ${chatApp.spec.version} replaces ${replaced}.${moved}${back}`,
      patch: { spec: Object.fromEntries(services.map((service) => [service, template])) },
      done: `${called(chatApp)}: the restart begins`,
    }
  },
})
