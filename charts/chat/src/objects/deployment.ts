import { IntOrString, KubeDeployment, type DeploymentStrategy, type PodSpec } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Chart } from 'cdk8s'
import { componentLabels } from '../labels.ts'
import { REVISION_HISTORY_LIMIT } from '../limits.ts'
import type { Model, ServiceModel } from '../model.ts'
import type { Facts } from '../types.ts'
import { podSpec, serviceContainer, serviceVolumes, spread } from './pod.ts'

/** The parts in which the Deployments of the services differ. */
export interface DeploymentProps {
  readonly service: ServiceModel
  readonly strategy: DeploymentStrategy
  /** How long a new pod must be ready before it counts as available, seconds. */
  readonly minReadySeconds: number
  readonly pod: PodSpec
}

/** The Deployment of a service, with the given pods. */
export function deployment(chart: Chart, model: Model, facts: Facts, props: DeploymentProps): void {
  const { service, strategy, minReadySeconds, pod } = props
  const labels = componentLabels(model, service.component)
  new KubeDeployment(chart, `deployment-${service.component}`, {
    metadata: { name: service.name, labels },
    spec: {
      replicas: (service.autoscaled ? facts.replicas[service.component] : undefined) ?? service.replicas,
      selector: { matchLabels: service.selector },
      strategy,
      minReadySeconds,
      progressDeadlineSeconds: model.spec.rollout.progressDeadlineSeconds,
      revisionHistoryLimit: REVISION_HISTORY_LIMIT,
      template: { metadata: { labels }, spec: pod },
    },
  })
}

/** The Deployment of a service whose new pods become ready before old ones stop, one after the other. */
export function oneByOne(chart: Chart, model: Model, facts: Facts, service: ServiceModel): void {
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
