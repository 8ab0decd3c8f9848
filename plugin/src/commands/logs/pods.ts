import { reasonOf, TIMEOUT, type Cluster } from '../../cluster/cluster.ts'
import { isSubdomain } from '../../cluster/names.ts'
import type { Pod } from '../../cluster/objects.ts'
import { Failure } from '../../failure.ts'

/** The pods with these labels whose containers may have a log: a pod without a node has none. @throws Failure */
export async function loggingPods({ results }: Cluster, namespace: string, selector: string): Promise<readonly Pod[]> {
  const selected = ['--namespace', namespace, '--selector', selector]
  const result = await results(['get', 'pods', ...selected, '--output', 'json', ...TIMEOUT])
  if (result.code !== 0) throw new Failure(reasonOf(result))
  const { items } = JSON.parse(result.out) as { items: Pod[] }
  return items.filter(({ metadata, status }) => isSubdomain(metadata.name) && status?.containerStatuses !== undefined)
}
