import { ownMessaging } from '../../environment/messaging.ts'
import { pages } from '../edge/pages.ts'
import type { Environment } from '../../environment/environment.ts'
import { edge, type Edge, type End } from './edge.ts'
import * as end from './ends.ts'
import {
  ALERTMANAGER_PORT,
  BINARY_LOG_COLLECTOR_PORT,
  ELASTICSEARCH_PORT,
  HAPROXY_STATISTICS_PORT,
  KIBANA_PORT,
  METRICS_PORT,
  MYSQL_EXPORTER_PORT,
  PROMETHEUS_PORT,
  REDIS_EXPORTER_PORT,
  S3_PORT,
} from '../../objects/ports.ts'

export function monitoringEdges(environment: Environment): Edge[] {
  const { monitoring, storage, dataNamespace, redis } = environment
  const messaging = ownMessaging(environment)
  if (monitoring === undefined) return []
  const { namespace } = monitoring
  const prometheus = end.prometheus(monitoring)
  const alertmanager = end.alertmanager(namespace)
  const scrape = (to: End, ...ports: number[]) => edge(prometheus, to, ports, 'metrics')
  const grafana = end.grafana(namespace)
  // The pods of these Services have the same port.
  const at = (address: string, why: string) => {
    const [host = '', port] = address.split(':')
    return edge(prometheus, end.reached(host), [Number(port)], why)
  }
  return [
    scrape(end.chat(environment), METRICS_PORT),
    scrape(end.operator(environment), METRICS_PORT),
    ...databaseMetrics(environment).map((port) => scrape(end.database(environment), port)),
    ...(redis.kind === 'external' ? [] : [scrape(end.redis(environment), REDIS_EXPORTER_PORT)]),
    ...(messaging ? [scrape(end.rabbitmq(messaging, dataNamespace), messaging.tls ? 15_691 : 15_692)] : []),
    ...(storage?.kind === 'tenant' ? [scrape(end.minio(storage), S3_PORT)] : []),
    // The kubelets are on the nodes.
    edge(prometheus, end.outside, [10_250], 'metrics of kubelets'),
    at(monitoring.kubeStateMetrics, 'metrics of kube-state-metrics'),
    ...(monitoring.certManager === undefined ? [] : [at(monitoring.certManager, 'metrics of cert-manager')]),
    edge(prometheus, end.apiServer, end.API_PORTS, 'discovers targets'),
    edge(prometheus, prometheus, [PROMETHEUS_PORT], 'its own metrics'),
    edge(prometheus, alertmanager, [ALERTMANAGER_PORT], 'alerts, and its metrics'),
    edge(alertmanager, alertmanager, [9094, '9094/UDP'], 'shares what was sent'),
    edge(alertmanager, end.outside, [443], 'notifies the people on call'),
    edge(grafana, prometheus, [PROMETHEUS_PORT], 'draws the dashboards'),
    edge(grafana, end.apiServer, end.API_PORTS, 'its sidecar reads the dashboards'),
  ]
}

/** The ports of the exporter, of HAProxy's statistics and of the collector of the binary log. */
function databaseMetrics({ database }: Environment): number[] {
  if (database.kind !== 'pxc') return []
  const { exporterImage, proxy, backup } = database
  return [
    ...(exporterImage === undefined ? [] : [MYSQL_EXPORTER_PORT]),
    ...(proxy.kind === 'haproxy' ? [HAPROXY_STATISTICS_PORT] : []),
    ...(backup?.uploadIntervalSeconds === undefined ? [] : [BINARY_LOG_COLLECTOR_PORT]),
  ]
}

export function logEdges({ logs }: Environment): Edge[] {
  if (logs === undefined) return []
  const elasticsearch = end.elasticsearch(logs)
  const kibana = end.kibana(logs)
  const collector = end.collector(logs)
  return [
    edge(collector, elasticsearch, [ELASTICSEARCH_PORT], 'sends the logs'),
    edge(collector, end.apiServer, end.API_PORTS, 'looks up the pod of a log file'),
    edge(kibana, elasticsearch, [ELASTICSEARCH_PORT], 'reads the logs'),
    edge(elasticsearch, elasticsearch, [9300], 'the nodes of the cluster'),
    edge(end.operators, elasticsearch, [ELASTICSEARCH_PORT], 'its operator manages it'),
    edge(collector, kibana, [KIBANA_PORT], 'sets up its views'),
  ]
}

/** The ingress controller connects to the pods of the pages. */
export function pageEdges(environment: Environment): Edge[] {
  return pages(environment).flatMap(({ name, pods: to, port }) =>
    edge(end.ingressController, to, [port], `the page of ${name}`),
  )
}
