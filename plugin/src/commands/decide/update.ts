import { conditionIn } from '@chat-app/chat/object-conditions'
import { DECISIONS } from '@chat-app/chat/annotations'
import { called, decision, moment } from './decision.ts'
import { held } from './field-switch.ts'

export const update = decision({
  name: 'update',
  summary: 'takes what the condition UpdateAvailable announces',
  about: [
    `Sets the annotation ${DECISIONS.update}: the pods get what a newer operator renders differently, by a rollout like any other, with its proof. It does not wait for a window of spec.rollout.schedule.`,
  ],
  options: {},
  examples: { 'kubectl chatapp update chat-app -n chat-app --yes': 'after an upgrade of the operator' },
  plan({ chatApp, now }) {
    const available = conditionIn(chatApp.status?.conditions, 'UpdateAvailable')
    if (available?.status !== 'True') return `${called(chatApp)} has no update to take`
    return {
      what: `${called(chatApp)}: ${available.message ?? ''}. A rollout replaces these pods.${held(chatApp)}`,
      patch: { metadata: { annotations: { [DECISIONS.update]: moment(now) } } },
      done: `${called(chatApp)} takes the update`,
    }
  },
})
