/** The metrics in use of programs that the tests cannot start, with the page that documents them. */
export const documentedMetrics: Readonly<Record<string, readonly string[]>> = {
  // https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics/workload
  'kube-state-metrics': [
    'kube_cronjob_created',
    'kube_cronjob_status_last_successful_time',
    'kube_daemonset_status_desired_number_scheduled',
    'kube_daemonset_status_number_ready',
    'kube_deployment_spec_replicas',
    'kube_deployment_status_replicas_available',
    'kube_job_failed',
    'kube_job_status_completion_time',
    'kube_job_status_start_time',
    'kube_pod_container_status_restarts_total',
    'kube_pod_info',
    'kube_statefulset_replicas',
    'kube_statefulset_status_replicas_ready',
  ],
  // docs/platform/kube-state-metrics.yaml; a test compares it with this list
  'kube-state-metrics, of custom resources': [
    'kube_customresource_elasticsearch_health',
    'kube_customresource_external_secret_condition',
  ],
  // https://kubernetes.io/docs/reference/instrumentation/metrics/
  kubelet: ['kubelet_volume_stats_available_bytes', 'kubelet_volume_stats_capacity_bytes'],
  // https://cert-manager.io/docs/devops-tips/prometheus-metrics/
  'cert-manager': ['certmanager_certificate_expiration_timestamp_seconds', 'certmanager_certificate_ready_status'],
  // https://github.com/prometheus/alertmanager/blob/main/cmd/alertmanager/main.go
  alertmanager: ['alertmanager_config_last_reload_successful'],
  // https://docs.percona.com/percona-operator-for-mysql/pxc/backups-pitr.html, "Binary logs statistics"
  'collector of binary logs': [
    'pxc_binlog_collector_gap_detected_total',
    'pxc_binlog_collector_last_processing_timestamp',
  ],
  // https://galeracluster.com/library/documentation/galera-status-variables.html; the exporter names every status
  // variable like this
  Galera: ['mysql_global_status_wsrep_flow_control_paused_ns'],
  // https://dev.mysql.com/doc/refman/8.0/en/show-replica-status.html; the exporter uses the column in lower case
  'replication of MySQL': ['mysql_slave_status_seconds_behind_master'],
  // https://github.com/rabbitmq/rabbitmq-server/blob/main/deps/rabbitmq_prometheus/metrics.md
  RabbitMQ: [
    'rabbitmq_alarms_free_disk_space_watermark',
    'rabbitmq_alarms_memory_used_watermark',
    'rabbitmq_build_info',
    'rabbitmq_queue_messages_ready',
  ],
  // https://prometheus.io/docs/concepts/jobs_instances/; ALERTS has every alert
  'Prometheus itself': ['up', 'ALERTS'],
}
