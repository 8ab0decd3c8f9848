import type { Environment, Region } from './environment.ts'

/** One Kubernetes cluster of an environment. Every part of the platform is rendered from it. */
export interface Cluster {
  readonly environment: Environment
  /** The folder of its manifests: `staging`, or `prod/eu-central` in an environment with several clusters. */
  readonly folder: string
  /** @default the environment has one cluster */
  readonly region?: {
    readonly own: Region
    /** The other regions. */
    readonly peers: readonly Region[]
    /** Whether its database takes the writes. The databases of the other regions replicate from it. */
    readonly isActive: boolean
    readonly active: Region
  }
}
