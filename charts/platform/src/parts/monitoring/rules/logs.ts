import type { RuleGroup } from './rule.ts'

/**
 * Alerts on Elasticsearch. ECK has no metric of its health: kube-state-metrics reads it from the status of the
 * resource.
 */
export function logsRules(namespace: string): RuleGroup {
  return {
    name: 'logs',
    alerts: [
      {
        name: 'ElasticsearchUnhealthy',
        severity: 'warning',
        // Red or unknown.
        expr: `max by (namespace, name) (kube_customresource_elasticsearch_health{namespace="${namespace}",health=~"green|yellow"}) == 0`,
        for: '10m',
        summary: 'Elasticsearch is neither green nor yellow',
        description:
          '{{ $labels.namespace }}/{{ $labels.name }} has been neither green nor yellow for 10 minutes: it may reject or not find log lines.',
      },
    ],
  }
}
