export { canonical } from './canonical.ts'
export { clusterKinds, type ClusterUse } from './cluster-uses.ts'
export {
  byService,
  CHAT_COMPONENTS,
  COMPONENTS,
  componentNamed,
  type ByService,
  type ChatComponent,
  type Component,
} from './components.ts'
export { declaredFacts, desired, livePaths, neededKinds, optionalKinds } from './desired.ts'
export { ModelError, valueAt } from './errors.ts'
export { hashOf, sha256 } from './hash.ts'
export { jobName } from './job.ts'
export { INPUTS, MANAGED_BY, REVISION } from './labels.ts'
export { MERGE_KEYS } from './merge-keys.ts'
export { type Model, type ServiceModel, model } from './model.ts'
export { HELD_BY_PART, type Part, partsOf } from './parts.ts'
export { type ProofPart, proofJob } from './objects/proof.ts'
export { type SpecFault, knownSpec, resolve } from './resolve.ts'
export { type SecretUse, rollingSecrets } from './secrets.ts'
export type { Facts, KubernetesObject, OwnerReference } from './types.ts'
