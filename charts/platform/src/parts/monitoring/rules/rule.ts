import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { monitoringLabels } from '../labels.ts'

/** `critical` wakes somebody, `warning` is for working hours, `none` is not told to people. */
export type Severity = 'critical' | 'warning' | 'none'

/** One alert, which has a page `docs/runbooks/<name>.md`. */
export interface Alert {
  readonly name: string
  readonly severity: Severity
  /** PromQL: it fires while this has a result. */
  readonly expr: string
  /** How long it has to hold, such as 5m. @default at once */
  readonly for?: string
  readonly summary: string
  /** Says where, how much, and of what, with Prometheus' own templates. */
  readonly description: string
}

/** A series that is computed once for several rules. */
export interface Recording {
  readonly record: string
  readonly expr: string
}

export interface RuleGroup {
  readonly name: string
  readonly recordings?: readonly Recording[]
  readonly alerts: readonly Alert[]
}

/** Of one part of the platform. */
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
