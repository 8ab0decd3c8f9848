import type { PxcValues } from '../../environment/database.ts'

/** The host, in the cluster, of the Service that leads to the node that takes the writes. */
export function primaryHost({ name, proxy }: PxcValues, namespace: string): string {
  return `${name}-${proxy.kind}.${namespace}.svc`
}
