export { BINARIES, type Binary, type Cluster, type Component, type Progress } from './types.ts'
