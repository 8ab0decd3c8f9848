import { monitoringRules } from './monitoring.ts'
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
      ...monitoringRules(chatNamespace, signs),
      ...podRules(at, chatNamespace),
      ...volumeRules(at),
      ...(certificates ? certificateRules(at) : []),
    ],
  }
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
