import { IntOrString } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import type { Model } from '../model.ts'
import type { Facts } from '../types.ts'
import { deployment } from './deployment.ts'
import { podSpec, serviceContainer, serviceVolumes, spread } from './pod.ts'

/** The HTTP API. In a rollout one new pod becomes ready before one old pod stops, as documented. */
export function api(chart: Chart, model: Model, facts: Facts): void {
  const service = model.services.api
  deployment(chart, model, facts, {
    service,
    strategy: {
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: IntOrString.fromNumber(1), maxUnavailable: IntOrString.fromNumber(0) },
    },
    minReadySeconds: 0,
    pod: {
      ...podSpec(model, service.name, serviceContainer(model, service), serviceVolumes(model)),
      terminationGracePeriodSeconds: 30,
      topologySpreadConstraints: spread(service.selector),
    },
  })
}
