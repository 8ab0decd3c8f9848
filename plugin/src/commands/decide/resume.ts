import { called, decision } from './decision.ts'

export const resume = decision({
  name: 'resume',
  summary: 'ends "pause"',
  about: ['Clears spec.paused: the operator makes everything as the spec asks again.'],
  options: {},
  examples: { 'kubectl chatapp resume chat-app -n chat-app': 'after the work by hand' },
  plan({ chatApp }) {
    if (!chatApp.spec.paused) return `${called(chatApp)} is not paused`
    return {
      what: `${called(chatApp)}: the operator takes back what was changed by hand, and rolls out what has waited.`,
      patch: { spec: { paused: false } },
      done: `${called(chatApp)} is no longer paused`,
    }
  },
})
