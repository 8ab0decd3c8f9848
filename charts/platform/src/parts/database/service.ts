import type { PxcValues } from '../../environment/database.ts'

/** The Service of a database that leads to the node that takes the writes, as other namespaces reach it. */
export function primaryHost({ name, proxy }: PxcValues, namespace: string): string {
  return `${name}-${proxy.kind}.${namespace}.svc`
}
