import type { RuleGroup } from './rule.ts'

/** Alerts on the operator and its ChatApps. */
export function operatorRules(namespace: string): RuleGroup {
  const at = `namespace="${namespace}"`
  return {
    name: 'operator',
    alerts: [
      {
        name: 'ChatAppNotReady',
        severity: 'critical',
        expr: `min by (exported_namespace, name) (chat_app_ready{${at}}) == 0`,
        for: '15m',
        summary: 'A ChatApp is not ready',
        description: '{{ $labels.exported_namespace }}/{{ $labels.name }} has not been ready for 15 minutes.',
      },
      {
        name: 'OperatorNoLeader',
        severity: 'critical',
        expr: `(sum(chat_app_operator_leader{${at}}) or vector(0)) < 1`,
        for: '3m',
        summary: 'No operator is active',
        description: '{{ $value }} operators hold the lease: changes to ChatApps have no effect.',
      },
      {
        name: 'OperatorErrors',
        severity: 'warning',
        expr: `sum(increase(chat_app_operator_reconcile_duration_seconds_count{${at},outcome="error"}[15m])) > 5`,
        for: '5m',
        summary: 'The operator fails repeatedly',
        description: '{{ $value | humanize }} reconciliations failed in the last 15 minutes.',
      },
      {
        name: 'OperatorQueueDeep',
        severity: 'warning',
        expr: `max(chat_app_operator_queue_depth{${at}}) > 10`,
        for: '10m',
        summary: 'The queue of the operator is long',
        description: '{{ $value }} ChatApps wait for a worker of the operator.',
      },
    ],
  }
}
