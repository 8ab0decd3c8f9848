import { called, decision } from './decision.ts'

export const hibernate = decision({
  name: 'hibernate',
  summary: 'scales all services to zero; nobody can chat until "wake"',
  about: ['Sets spec.hibernated: every service has zero pods. Everything else stays, and "wake" brings it back.'],
  options: {},
  examples: { 'kubectl chatapp hibernate chat-app -n chat-app': 'for the night' },
  plan({ chatApp }) {
    if (chatApp.spec.hibernated) return `${called(chatApp)} is hibernated already`
    const { api, websocket } = chatApp.status ?? {}
    const pods = (api?.ready ?? 0) + (websocket?.ready ?? 0)
    const open = `${pods} ready pods end, and every connection is closed`
    return {
      what: `${called(chatApp)}: ${open}. Nobody can chat until "wake". Database and objects stay.${held(chatApp)}`,
      patch: { spec: { hibernated: true } },
      done: `${called(chatApp)} is hibernated`,
    }
  },
})

/** What a paused ChatApp adds to a question. */
export function held({ spec }: { readonly spec: { readonly paused: boolean } }): string {
  return spec.paused ? ' It is paused, so this begins only after "resume".' : ''
}
