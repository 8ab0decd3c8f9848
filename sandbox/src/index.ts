export { BINARIES, type Binary, type Cluster, type Component, type Progress } from './types.ts'
export { binaries } from './binaries.ts'
export { openApi, startApi, type ApiOptions } from './api.ts'
export { kubectl, KubectlError, type Kubectl } from './kubectl.ts'
