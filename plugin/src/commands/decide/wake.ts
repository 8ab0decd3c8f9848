import { called, decision } from './decision.ts'
import { held } from './hibernate.ts'

export const wake = decision({
  name: 'wake',
  summary: 'ends "hibernate"',
  about: ['Clears spec.hibernated: the services get their pods again.'],
  options: {},
  examples: { 'kubectl chatapp wake chat-app -n chat-app': 'in the morning' },
  plan({ chatApp }) {
    if (!chatApp.spec.hibernated) return `${called(chatApp)} is not hibernated`
    const { api, websocket } = chatApp.spec
    const wanted = `${count(api)} API pods and ${count(websocket)} WebSocket pods`
    return {
      what: `${called(chatApp)}: ${wanted} start.${held(chatApp)}`,
      patch: { spec: { hibernated: false } },
      done: `${called(chatApp)} wakes`,
    }
  },
})

interface Size {
  readonly replicas: number
  readonly autoscaling?: { readonly minReplicas: number; readonly maxReplicas: number } | undefined
}

function count({ replicas, autoscaling }: Size): string {
  return autoscaling === undefined ? String(replicas) : `${autoscaling.minReplicas} to ${autoscaling.maxReplicas}`
}
