import type { Alert } from './rule.ts'

/** Alerts on Prometheus and Alertmanager. */
const PROMETHEUS_RULES: readonly Alert[] = [
  {
    name: 'RuleEvaluationFails',
    severity: 'warning',
    expr: 'increase(prometheus_rule_evaluation_failures_total[15m]) > 0',
    for: '5m',
    summary: 'Prometheus cannot evaluate a rule',
    description: '{{ $value | humanize }} evaluations of {{ $labels.rule_group }} failed within 15 minutes.',
  },
  {
    name: 'AlertsNotDelivered',
    severity: 'critical',
    expr: 'rate(prometheus_notifications_dropped_total[5m]) > 0',
    for: '10m',
    summary: 'Alerts do not reach Alertmanager',
    description: '{{ $labels.pod }} drops {{ $value | humanize }} alerts a second.',
  },
  {
    name: 'AlertmanagerConfigBroken',
    severity: 'critical',
    expr: 'alertmanager_config_last_reload_successful == 0',
    for: '10m',
    summary: 'Alertmanager cannot load its configuration',
    description: '{{ $labels.pod }} keeps using the previous configuration.',
  },
]

/**
 * Alerts on monitoring itself.
 *
 * @param chatNamespace the namespace of the ChatApp, whose targets have an alert of their own
 * @param signs a series that each part has while it is scraped, by the name of the part
 */
export function monitoringRules(chatNamespace: string, signs: Readonly<Record<string, string>>): Alert[] {
  const missing = Object.entries(signs).map(
    ([part, series]) => `label_replace(absent(${series}), "part", "${part}", "", "")`,
  )
  return [
    {
      name: 'Watchdog',
      severity: 'none',
      expr: 'vector(1)',
      summary: 'Alerts are delivered',
      description: 'This alert always fires. If its receiver no longer gets it, alerting is broken.',
    },
    {
      name: 'TargetDown',
      severity: 'warning',
      expr: `up{namespace!="${chatNamespace}"} == 0`,
      for: '10m',
      summary: 'Prometheus cannot scrape a target',
      description:
        '{{ $labels.job }} at {{ $labels.instance }} has not answered for 10 minutes: its alerts cannot fire.',
    },
    {
      name: 'MetricsMissing',
      severity: 'warning',
      expr: missing.join('\nor '),
      for: '15m',
      summary: 'A part of the platform has no metrics',
      description: 'There are no metrics of {{ $labels.part }}: none of its alerts can fire.',
    },
    ...PROMETHEUS_RULES,
  ]
}
