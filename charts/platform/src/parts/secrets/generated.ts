import type { Chart } from 'cdk8s'
import { KubeServiceAccount, type Container } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { role } from '@chat-app/chat/constructs'
import { pullSecrets, type OperatorValues } from '../../environment/operator.ts'
import { platformJob } from '../../objects/job.ts'
import { ownContainer, platformLabels, podSecurity } from '../../objects/pod.ts'
import type { Credential } from './credential.ts'

const NAME = 'generate-secrets'

/**
 * The Job that creates missing Secrets with random values, with its permissions. It never changes an existing Secret.
 */
export function generatedSecrets(chart: Chart, operator: OperatorValues, table: readonly Credential[]): void {
  const metadata = { name: NAME, namespace: operator.namespace, labels: platformLabels(NAME) }
  new KubeServiceAccount(chart, NAME, { metadata, automountServiceAccountToken: false })
  for (const namespace of new Set(table.map((credential) => credential.namespace)))
    permissions(chart, namespace, operator.namespace, table)
  const labels = platformLabels(NAME)
  const job = {
    activeDeadlineSeconds: 600,
    backoffLimit: 10,
    template: {
      metadata: { labels },
      spec: {
        ...podSecurity,
        ...pullSecrets(operator),
        serviceAccountName: NAME,
        automountServiceAccountToken: true,
        restartPolicy: 'OnFailure',
        containers: [container(operator, table)],
      },
    },
  }
  platformJob(chart, 'job', metadata, job)
}

// RBAC cannot limit `create` to names.
function permissions(chart: Chart, namespace: string, home: string, table: readonly Credential[]): void {
  const metadata = { name: NAME, namespace, labels: platformLabels(NAME) }
  const names = table.filter((credential) => credential.namespace === namespace).map(({ name }) => name)
  const rules = [
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: names },
  ]
  role(chart, metadata, rules, { name: NAME, namespace: home })
}

function container({ image }: OperatorValues, table: readonly Credential[]): Container {
  const secrets = table.map(({ namespace, name, data }) => ({ namespace, name, data }))
  return {
    name: NAME,
    ...ownContainer(image, {
      requests: { cpu: '10m', memory: '64Mi' },
      limits: { cpu: '500m', memory: '128Mi' },
    }),
    args: ['generate-secrets'],
    // The table is part of the template, so a changed table makes a new Job: one that ended would not run again.
    env: [{ name: 'SECRETS', value: JSON.stringify(secrets) }],
    terminationMessagePolicy: 'FallbackToLogsOnError',
  }
}
