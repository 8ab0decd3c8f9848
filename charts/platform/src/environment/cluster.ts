import type { Environment, Region } from './environment.ts'

/** One Kubernetes cluster and all that is known of it: what every part of the platform is rendered from. */
export interface Cluster {
  readonly environment: Environment
  /** Its folder: `staging`, or `prod/eu-central` where an environment has several clusters. */
  readonly folder: string
  /** @default the environment has one cluster */
  readonly region?: {
    readonly own: Region
    /** The others. */
    readonly peers: readonly Region[]
    /** Whether it takes the writes; the others follow it. */
    readonly isActive: boolean
    readonly active: Region
  }
}
