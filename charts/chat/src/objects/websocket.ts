import { IntOrString } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { DRAIN_GRACE_SECONDS } from '../limits.ts'
import type { Model } from '../model.ts'
import type { Facts } from '../types.ts'
import { deployment } from './deployment.ts'
import { podSpec, serviceContainer, serviceVolumes, spread, variables } from './pod.ts'

/**
 * The WebSocket service. In a rollout all new pods become ready beside the old ones, and then all old ones drain at once. With
 * fewer new pods at a time, clients of one old pod would reconnect to another old pod that stops next.
 */
export function websocket(chart: Chart, model: Model, facts: Facts): void {
  const service = model.services.websocket
  const { drain, rebalance } = model.spec.websocket
  const { periodSeconds } = drain
  const env = [...variables({ DRAIN_PERIOD_SECONDS: periodSeconds }), ...(rebalance > 0 ? rebalanceEnv(rebalance) : [])]
  deployment(chart, model, facts, {
    service,
    strategy: {
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: IntOrString.fromString('100%'), maxUnavailable: IntOrString.fromNumber(0) },
    },
    minReadySeconds: 5,
    pod: {
      ...podSpec(model, service.name, serviceContainer(model, service, env), serviceVolumes(model)),
      terminationGracePeriodSeconds: periodSeconds + DRAIN_GRACE_SECONDS,
      topologySpreadConstraints: spread(service.selector),
    },
  })
}

/** Pods of another template do not count: in a rollout their connections move by the drain. */
function rebalanceEnv(percent: number) {
  return variables({
    REBALANCE_PERCENT: percent,
    REBALANCE_GROUP: { fieldPath: "metadata.labels['pod-template-hash']" },
  })
}
