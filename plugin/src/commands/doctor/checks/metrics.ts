import { readPath } from '../../../cluster/read.ts'
import { error, ok, skipped, type Finding } from '../finding.ts'
import type { Check } from '../site.ts'

const PATH = '/apis/metrics.k8s.io/v1beta1'
const WHERE = 'metrics.k8s.io'

/** Whether the autoscalers of the ChatApp get the CPU use of its pods. */
export const metricsCheck: Check = {
  name: 'Autoscaling',
  async run({ cluster, objects }): Promise<Finding[]> {
    if (objects.every(({ kind }) => kind !== 'HorizontalPodAutoscaler'))
      return [ok('spec', 'no autoscaling: metrics-server is not needed')]
    const read = await readPath(cluster, PATH)
    if (read.is === 'read') return [ok(WHERE, 'is served')]
    if (read.is === 'forbidden') return [skipped(WHERE, `not read: ${read.reason}`)]
    return [
      error({
        reason: 'NoMetrics',
        where: WHERE,
        what: read.is === 'missing' ? 'is not served: there is no metrics-server' : `does not answer: ${read.reason}`,
        why: 'the autoscalers know no CPU use, and leave the number of pods as it is',
        fix: 'install metrics-server, or remove autoscaling from the ChatApp',
      }),
    ]
  },
}
