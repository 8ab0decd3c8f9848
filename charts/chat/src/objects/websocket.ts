import { IntOrString } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import type { Model } from '../model.ts'
import type { Facts } from '../types.ts'
import { deployment } from './deployment.ts'
import { podSpec, serviceContainer, serviceVolumes, spread } from './pod.ts'

/** What a pod needs beyond its drain period, in seconds: leaving the endpoints, and closing what is left. */
export const GRACE_SECONDS = 30

/**
 * The WebSocket service. A Deployment does not pace how old pods stop, so clients of one old pod would land on the next
 * one to go. Therefore all new pods come up beside the old ones, prove themselves, and then all old ones drain at once.
 */
export function websocket(chart: Chart, model: Model, facts: Facts): void {
  const service = model.services.websocket
  const { periodSeconds } = model.spec.websocket.drain
  const env = [{ name: 'DRAIN_PERIOD_SECONDS', value: String(periodSeconds) }]
  deployment(chart, model, facts, {
    service,
    strategy: {
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: IntOrString.fromString('100%'), maxUnavailable: IntOrString.fromNumber(0) },
    },
    minReadySeconds: 5,
    pod: {
      ...podSpec(model, service.name, serviceContainer(model, service, env), serviceVolumes(model)),
      terminationGracePeriodSeconds: periodSeconds + GRACE_SECONDS,
      topologySpreadConstraints: spread(service.selector),
    },
  })
}
