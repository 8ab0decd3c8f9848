import { called, decision } from './decision.ts'

export const pause = decision({
  name: 'pause',
  summary: 'the operator changes nothing until "resume"',
  about: ['Sets spec.paused: the operator writes nothing, so that you can change the objects by hand. Pods go on.'],
  options: {},
  examples: { 'kubectl chatapp pause chat-app -n chat-app': 'before you change an object by hand' },
  plan({ chatApp }) {
    if (chatApp.spec.paused) return `${called(chatApp)} is paused already`
    return {
      what: `${called(chatApp)}: the operator repairs, scales and rolls out nothing until "resume". Its pods go on.`,
      patch: { spec: { paused: true } },
      done: `${called(chatApp)} is paused`,
    }
  },
})
