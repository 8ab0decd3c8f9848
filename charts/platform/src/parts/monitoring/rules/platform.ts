import type { Alert, RuleGroup } from './rule.ts'
import { THRESHOLDS } from './thresholds.ts'

/** Alerts on pods, volumes and certificates of the platform, and on monitoring itself. */
export function platformRules(options: {
  readonly namespaces: readonly string[]
  /** The namespace of the ChatApp, whose targets and Deployments have alerts of their own. */
  readonly chatNamespace: string
  /** A series that each part has while it is scraped, by the name of the part. */
  readonly signs: Readonly<Record<string, string>>
  readonly certificates: boolean
}): RuleGroup {
  const { namespaces, chatNamespace, signs, certificates } = options
  const at = `namespace=~"${namespaces.join('|')}"`
  return {
    name: 'platform',
    alerts: [
      ...watchRules(chatNamespace, signs),
      ...podRules(at, chatNamespace),
      ...volumeRules(at),
      ...(certificates ? certificateRules(at) : []),
    ],
  }
}

function watchRules(chatNamespace: string, signs: Readonly<Record<string, string>>): Alert[] {
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
}

function podRules(at: string, chatNamespace: string): Alert[] {
  return [
    {
      name: 'PodRestarting',
      severity: 'warning',
      expr: `increase(kube_pod_container_status_restarts_total{${at}}[1h]) > 5`,
      for: '5m',
      summary: 'A container restarts repeatedly',
      description:
        '{{ $labels.namespace }}/{{ $labels.pod }} ({{ $labels.container }}) was restarted {{ $value | humanize }} times in an hour.',
    },
    {
      name: 'PlatformReplicasMissing',
      severity: 'warning',
      // Deployments of the ChatApps have an alert of their own.
      expr: `kube_statefulset_replicas{${at}} - kube_statefulset_status_replicas_ready{${at}} > 0
or kube_deployment_spec_replicas{${at},namespace!="${chatNamespace}"} - kube_deployment_status_replicas_available{${at},namespace!="${chatNamespace}"} > 0
or kube_daemonset_status_desired_number_scheduled{${at}} - kube_daemonset_status_number_ready{${at}} > 0`,
      for: '15m',
      summary: 'A part of the platform has too few ready pods',
      description:
        '{{ $labels.namespace }}/{{ $labels.statefulset }}{{ $labels.deployment }}{{ $labels.daemonset }} lacks {{ $value }} pods.',
    },
  ]
}

function volumeRules(at: string): Alert[] {
  const free = `kubelet_volume_stats_available_bytes{${at}} / kubelet_volume_stats_capacity_bytes{${at}}`
  return [
    {
      name: 'VolumeFilling',
      severity: 'warning',
      expr: `${free} < ${THRESHOLDS.volumeLowRatio}`,
      for: '15m',
      summary: 'A volume is filling up',
      description:
        '{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} of its space left.',
    },
    {
      name: 'VolumeAlmostFull',
      severity: 'critical',
      expr: `${free} < ${THRESHOLDS.volumeFullRatio}`,
      for: '2m',
      summary: 'A volume is almost full',
      description:
        '{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} of its space left.',
    },
  ]
}

function certificateRules(at: string): Alert[] {
  return [
    {
      name: 'CertificateExpiring',
      severity: 'warning',
      // A certificate that was never issued has the value 0.
      expr: `(certmanager_certificate_expiration_timestamp_seconds{${at}} > 0) - time() < ${THRESHOLDS.certificateDays} * 86400`,
      for: '1h',
      summary: 'A certificate was not renewed',
      description: '{{ $labels.namespace }}/{{ $labels.name }} expires in {{ $value | humanizeDuration }}.',
    },
    {
      name: 'CertificateNotReady',
      severity: 'warning',
      expr: `certmanager_certificate_ready_status{${at},condition="True"} == 0`,
      for: '30m',
      summary: 'A certificate was not issued',
      description:
        '{{ $labels.namespace }}/{{ $labels.name }} has not been ready for 30 minutes: its Secret has no valid certificate.',
    },
  ]
}
