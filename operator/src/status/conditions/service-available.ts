import type { Component } from '@chat-app/chat'
import type { Observed } from '../../observe/observed.ts'
import type { State } from '../verdict.ts'

/** Whether a service has ready pods, also those of a former release; `Ready` is about the new one. None for one without. */
export function serviceAvailable(component: Component): (observed: Observed) => State | undefined {
  return ({ model, services }) => {
    const service = services[component]
    if (service === undefined) return undefined
    if (model.hibernated) return { status: 'False', reason: 'Hibernated', message: 'hibernated: no pods are wanted' }
    const { deployment, rollout, blocker } = service
    if (rollout.desired === 0) {
      const message = `no pods are wanted: spec.${component}.replicas is 0`
      return { status: 'False', reason: 'ScaledToZero', message }
    }
    if (rollout.isAvailable)
      return { status: 'True', reason: 'Available', message: `${rollout.ready}/${rollout.desired} pods are ready` }
    if (blocker !== undefined) return { status: 'False', ...blocker }
    if (deployment === undefined) {
      const message = `${model.name}-${component} is not deployed yet`
      return { status: 'False', reason: 'NotDeployed', message }
    }
    return { status: 'False', reason: 'PodsStarting', message: rollout.progress }
  }
}
