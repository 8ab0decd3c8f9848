import type { RuleGroup } from './rule.ts'

/** What is fetched from Vault, by the status of each ExternalSecret, which kube-state-metrics reads. */
export function secretsRules(namespaces: readonly string[]): RuleGroup {
  return {
    name: 'secrets',
    alerts: [
      {
        name: 'ExternalSecretNotReady',
        severity: 'warning',
        expr: `kube_customresource_external_secret_condition{namespace=~"${namespaces.join('|')}",type="Ready"} == 0`,
        for: '15m',
        summary: 'A credential is not fetched from Vault',
        description:
          '{{ $labels.namespace }}/{{ $labels.name }} has not been fetched for 15 minutes: its Secret stays as it was, or is not there.',
      },
    ],
  }
}
