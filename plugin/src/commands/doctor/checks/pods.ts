import { DOCTOR_REQUEST_SECONDS } from '../../../limits.ts'
import { reasonsOf } from '../../../cluster/cluster.ts'
import { error, ok, skipped, type Finding } from '../finding.ts'
import { templatesOf } from '../pods.ts'
import type { Check } from '../site.ts'

/** Whether the namespace admits the pods: Pod Security, limits of a LimitRange, policies. They are created by dry run alone. */
export const podsCheck: Check = {
  name: 'Pods',
  async run({ cluster, objects, namespace }): Promise<Finding[]> {
    const items = templatesOf(objects).map(({ workload, metadata, spec }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name: `${workload.metadata.name}-doctor`.slice(-63).replace(/^-+/, ''), namespace },
      // The ServiceAccounts are created with the ChatApp.
      spec: { restartPolicy: 'Always', ...spec, serviceAccountName: 'default', serviceAccount: undefined },
    }))
    const args = ['create', '--dry-run=server', '--filename', '-', '--output', 'name']
    const limit = ['--request-timeout', `${DOCTOR_REQUEST_SECONDS}s`]
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
    const result = await cluster.results([...args, ...limit], { input, timeoutMs: 3 * DOCTOR_REQUEST_SECONDS * 1000 })
    if (result.code === 0) return [ok(`Namespace/${namespace}`, `admits the pods of ${items.length} workloads`)]
    // What a quota has no room for is found by the check of quotas, for all pods together.
    const reasons = reasonsOf(result).filter((reason) => !reason.includes('exceeded quota'))
    if (reasons.some((reason) => /cannot create resource "pods"/.test(reason)))
      return [skipped(`Namespace/${namespace}`, 'not tried: you may not create pods')]
    return [...new Set(reasons)].map((reason) =>
      error({
        reason: 'PodRefused',
        where: `Namespace/${namespace}`,
        what: reason.replace(/^error when creating "STDIN": /, ''),
        why: 'the pods of the ChatApp are refused like this one',
        fix: 'change what the message names: the podTemplate or resources of the ChatApp, or the rule of the namespace',
      }),
    )
  },
}
