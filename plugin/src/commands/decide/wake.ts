import { fieldSwitch, held } from './field-switch.ts'

export const wake = fieldSwitch({
  name: 'wake',
  summary: 'ends "hibernate"',
  about: 'Clears spec.hibernated: the services get their pods again.',
  example: 'in the morning',
  field: 'hibernated',
  to: false,
  what(chatApp) {
    const { api, websocket } = chatApp.spec
    return `${count(api)} API pods and ${count(websocket)} WebSocket pods start.${held(chatApp)}`
  },
  already: 'is not hibernated',
  done: 'wakes',
})

interface Size {
  readonly replicas: number
  readonly autoscaling?: { readonly minReplicas: number; readonly maxReplicas: number } | undefined
}

function count({ replicas, autoscaling }: Size): string {
  return autoscaling === undefined ? String(replicas) : `${autoscaling.minReplicas} to ${autoscaling.maxReplicas}`
}
