import { App } from 'cdk8s'
import { ChatAppChart } from './objects/chart.ts'
import { HTTP_ROUTE } from './objects/gateway.ts'
import { SERVICE_MONITOR } from './objects/monitoring.ts'
import { complete } from './complete.ts'
import { INPUTS } from './labels.ts'
import type { Model } from './model.ts'
import type { Part } from './parts.ts'
import type { Facts, KubernetesObject } from './types.ts'

/** The children of a ChatApp in the order in which they are applied. The same arguments always give the same objects. */
export function desired(model: Model, facts: Facts): KubernetesObject[] {
  const chart = new ChatAppChart(new App(), model, facts)
  // Chart.toJson would search for dependencies between them; there are none.
  return chart.apiObjects.map((object) => complete(object.toJson() as KubernetesObject, model, facts))
}

/** Kinds that a cluster may lack, as `group/Kind`; they are rendered when `facts.installedKinds` has them. */
export const optionalKinds: readonly string[] = [SERVICE_MONITOR, HTTP_ROUTE]

/** The optional kinds that a ChatApp requires, with the field that requires each, and its part. */
export function neededKinds({ spec }: Model): { kind: string; field: string; part: Part }[] {
  return [
    ...(spec.monitoring.mode === 'Enabled'
      ? [{ kind: SERVICE_MONITOR, field: 'spec.monitoring.mode', part: 'monitoring' as const }]
      : []),
    ...(spec.exposure.type === 'Gateway'
      ? [{ kind: HTTP_ROUTE, field: 'spec.exposure.type', part: 'exposure' as const }]
      : []),
  ]
}

/** Facts for rendering without a cluster, as synth does. */
export const declaredFacts: Facts = { secretHashes: {}, installedKinds: new Set(optionalKinds), replicas: {} }

/** The only paths in which an object for live facts may differ from the one for `declaredFacts`. */
export const livePaths: readonly string[] = [
  'metadata.ownerReferences',
  `spec.template.metadata.annotations["${INPUTS}"]`,
  'spec.replicas',
]
