import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { monitoringLabels } from '../labels.ts'

/** `critical` pages the person on call, `warning` is for working hours, `none` notifies nobody. */
export type Severity = 'critical' | 'warning' | 'none'

/** An alert. Its runbook is `docs/runbooks/<name>.md`. */
export interface Alert {
  readonly name: string
  readonly severity: Severity
  /** PromQL. The alert fires while it has a result. */
  readonly expr: string
  /** How long the expression must have a result, such as `5m`. @default the alert fires at once */
  readonly for?: string
  readonly summary: string
  /** The place and the value, with templates of Prometheus. */
  readonly description: string
}

/** A recording rule: a series that several alerts use. */
export interface Recording {
  readonly record: string
  readonly expr: string
}

export interface RuleGroup {
  readonly name: string
  readonly recordings?: readonly Recording[]
  readonly alerts: readonly Alert[]
}

/** The PrometheusRule of a group. */
export function ruleObject(
  chart: Chart,
  { name, recordings = [], alerts }: RuleGroup,
  { namespace, runbookUrl }: { readonly namespace: string; readonly runbookUrl: string },
): void {
  new Manifest(chart, `rules-${name}`, {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: `chat-app-${name}`, namespace, labels: monitoringLabels(`chat-app-${name}`) },
    spec: { groups: [{ name: `chat-app-${name}`, rules: [...recordings, ...alerts.map(toRule)] }] },
  })

  function toRule({ name: alert, expr, for: duration, severity, summary, description }: Alert) {
    return {
      alert,
      expr,
      ...(duration !== undefined && { for: duration }),
      labels: { severity },
      annotations: { summary, description, runbook_url: `${runbookUrl}/${alert}.md` },
    }
  }
}
