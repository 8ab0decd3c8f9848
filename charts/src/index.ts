export { canonical } from './canonical.ts'
export { declaredFacts, desired, livePaths, neededKinds, optionalKinds } from './desired.ts'
export { ModelError } from './errors.ts'
export { INPUTS, MANAGED_BY, REVISION } from './labels.ts'
export { model, type Model, type ServiceModel } from './model.ts'
export { applied, chatApp } from './platform/environment.ts'
export { operatorInstall, type OperatorValues } from './operator-install.ts'
export type { ClusterUse } from './clusters.ts'
export { rollingSecrets, type SecretUse } from './secrets.ts'
export type { Component, Facts, KubernetesObject, OwnerReference } from './types.ts'
export type {
  BackupValues,
  Environment,
  MariaDbValues,
  MinioValues,
  PrometheusValues,
  PxcValues,
  RedisOperatorValues,
  RedisPodsValues,
  Resources,
} from './platform/values.ts'
