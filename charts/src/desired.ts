import type { Model } from './model.ts'
import type { Facts, KubernetesObject } from './types.ts'

/** Kinds that a cluster may lack; they are rendered where `facts.installedKinds` has them. */
export const optionalKinds = ['monitoring.coreos.com/ServiceMonitor', 'gateway.networking.k8s.io/HTTPRoute'] as const

/** Facts of a cluster that nobody has asked: what synth renders with. */
export const declaredFacts: Facts = { secretHashes: {}, installedKinds: new Set(optionalKinds), replicas: {} }

/** The only paths in which the objects for live facts may differ from those for declared facts. */
export const livePaths: readonly string[] = [
  'metadata.ownerReferences',
  'metadata.annotations["chat-app.com/revision"]',
  'spec.template.metadata.annotations["chat-app.com/inputs"]',
  'spec.replicas',
]

/** The children of a ChatApp in the order in which they are applied. Pure: the same arguments give the same objects. */
export function desired(_model: Model, _facts: Facts): KubernetesObject[] {
  throw new Error('desired is not rendered yet')
}
