import type { Component } from '@chat-app/chat'
import type { Observed } from '../../observe/observed.ts'
import type { Verdict } from '../verdict.ts'

/** Whether a service has ready pods, also those of a former release; `Ready` is about the new one. */
export function serviceAvailable(type: string, component: Component, { model, services }: Observed): Verdict {
  if (model.hibernated)
    return { type, status: 'False', reason: 'Hibernated', message: 'hibernated: no pods are wanted' }
  const { deployment, rollout, blocker } = services[component]
  if (rollout.desired === 0) {
    const message = `no pods are wanted: spec.${component}.replicas is 0`
    return { type, status: 'False', reason: 'ScaledToZero', message }
  }
  if (rollout.isAvailable) {
    const message = `${rollout.ready}/${rollout.desired} pods are ready`
    return { type, status: 'True', reason: 'Available', message }
  }
  if (blocker !== undefined) return { type, status: 'False', ...blocker }
  if (deployment === undefined) {
    const message = `${model.services[component].name} is not deployed yet`
    return { type, status: 'False', reason: 'NotDeployed', message }
  }
  return { type, status: 'False', reason: 'PodsStarting', message: rollout.progress }
}
