import type { RuleGroup } from './rule.ts'

/** Where logs are kept. ECK has no metric for what it knows: kube-state-metrics reads it from the status of its resource. */
export function logsRules(namespace: string): RuleGroup {
  return {
    name: 'logs',
    alerts: [
      {
        name: 'ElasticsearchUnhealthy',
        severity: 'warning',
        // Neither of both: it is red, or nobody knows.
        expr: `max by (namespace, name) (kube_customresource_elasticsearch_health{namespace="${namespace}",health=~"green|yellow"}) == 0`,
        for: '10m',
        summary: 'Elasticsearch does not have all of its data',
        description:
          '{{ $labels.namespace }}/{{ $labels.name }} has been neither green nor yellow for 10 minutes: lines are not taken, or not found.',
      },
    ],
  }
}
