import type { Component } from '@chat-app/chat'
import { creationFailure, rolloutOf } from '../rollout.ts'
import { podBlocker } from './blockers.ts'
import type { Blocker, Observed, Verdict } from './observed.ts'

/** Whether a service serves. Older pods may do so while newer ones cannot start: that is `Ready`'s concern. */
export function serviceAvailable(type: string, component: Component, observed: Observed): Verdict {
  const { model, deployments } = observed
  if (model.hibernated)
    return { type, status: 'False', reason: 'Hibernated', message: 'hibernated: no pods are wanted' }
  const rollout = rolloutOf(model.services[component], deployments[component])
  if (rollout.isAvailable) {
    const message = `${rollout.ready}/${rollout.desired} pods are ready`
    return { type, status: 'True', reason: 'Available', message }
  }
  const blocker = serviceBlocker(component, observed)
  if (blocker !== undefined) return { type, status: 'False', ...blocker }
  if (deployments[component] === undefined) {
    return {
      type,
      status: 'False',
      reason: 'NotDeployed',
      message: `${model.services[component].name} is not deployed yet`,
    }
  }
  return { type, status: 'False', reason: 'PodsStarting', message: rollout.progress }
}

/** Why a service's Deployment does not get on, if something is known to be in its way. */
export function serviceBlocker(component: Component, observed: Observed): Blocker | undefined {
  const deployment = observed.deployments[component]
  const rollout = rolloutOf(observed.model.services[component], deployment)
  if (deployment === undefined || rollout.isComplete) return undefined
  const blocker = podBlocker(observed, component)
  if (blocker !== undefined) return blocker
  const failure = creationFailure(deployment)
  return failure === undefined
    ? undefined
    : { reason: 'PodsRefused', message: `${deployment.metadata.name}: ${failure}` }
}
