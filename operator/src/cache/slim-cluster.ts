import { at, defined, fieldsOf, pick } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'

/** Reduces a cluster of another operator to what says whether it is ready. Its spec alone may have thousands of lines. */
export function slimCluster({ apiVersion, kind, metadata, ...cluster }: KubeObject): KubeObject {
  const conditions = at<{ type: string; status: string }[]>(cluster, 'status', 'conditions')
  const status = {
    ...pick(fieldsOf(at(cluster, 'status')), 'state', 'size', 'ready'),
    conditions: conditions?.filter(({ type }) => type === 'Ready').map(({ type, status }) => ({ type, status })),
  }
  const kept = pick(metadata, 'name', 'namespace', 'uid', 'resourceVersion', 'deletionTimestamp')
  return { apiVersion, kind, metadata: kept, status: defined(status) }
}

/** Whether two versions of a slim cluster say the same. */
export function saysTheSame(a: KubeObject, b: KubeObject): boolean {
  const saidBy = ({ metadata, status }: { metadata: object; status?: unknown }) =>
    JSON.stringify([status, 'deletionTimestamp' in metadata])
  return saidBy(a) === saidBy(b)
}
