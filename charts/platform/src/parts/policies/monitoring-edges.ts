import { pages } from '../edge/pages.ts'
import type { Environment } from '../../environment/environment.ts'
import { edge, type Edge, type End } from './edge.ts'
import * as end from './ends.ts'

export function monitoringEdges(environment: Environment): Edge[] {
  const { monitoring, storage, messaging, dataNamespace } = environment
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
    scrape(end.chat(environment), 9090),
    scrape(end.operator(environment), 9090),
    ...databaseMetrics(environment).map((port) => scrape(end.database(environment), port)),
    scrape(end.redis(environment), 9121),
    ...(messaging ? [scrape(end.rabbitmq(messaging, dataNamespace), messaging.tls ? 15_691 : 15_692)] : []),
    ...(storage?.kind === 'tenant' ? [scrape(end.minio(storage), end.S3)] : []),
    // The kubelets are on the nodes.
    edge(prometheus, end.outside, [10_250], 'metrics of kubelets'),
    at(monitoring.kubeStateMetrics, 'metrics of kube-state-metrics'),
    ...(monitoring.certManager === undefined ? [] : [at(monitoring.certManager, 'metrics of cert-manager')]),
    edge(prometheus, end.apiServer, end.API_PORTS, 'discovers targets'),
    edge(prometheus, prometheus, [9090], 'its own metrics'),
    edge(prometheus, alertmanager, [9093], 'alerts, and its metrics'),
    edge(alertmanager, alertmanager, [9094, '9094/UDP'], 'shares what was sent'),
    edge(alertmanager, end.outside, [443], 'notifies the people on call'),
    edge(grafana, prometheus, [9090], 'draws the dashboards'),
    edge(grafana, end.apiServer, end.API_PORTS, 'its sidecar reads the dashboards'),
  ]
}

/** The ports of the exporter, of HAProxy's statistics and of the collector of the binary log. */
function databaseMetrics({ database }: Environment): number[] {
  if (database.kind === 'mariadb') return []
  const { exporterImage, proxy, backup } = database
  return [
    ...(exporterImage === undefined ? [] : [9104]),
    ...(proxy.kind === 'haproxy' ? [8404] : []),
    ...(backup?.uploadIntervalSeconds === undefined ? [] : [8080]),
  ]
}

export function logEdges({ logs }: Environment): Edge[] {
  if (logs === undefined) return []
  const elasticsearch = end.elasticsearch(logs)
  const kibana = end.kibana(logs)
  const collector = end.collector(logs)
  return [
    edge(collector, elasticsearch, [9200], 'sends the logs'),
    edge(collector, end.apiServer, end.API_PORTS, 'looks up the pod of a log file'),
    edge(kibana, elasticsearch, [9200], 'reads the logs'),
    edge(elasticsearch, elasticsearch, [9300], 'the nodes of the cluster'),
    edge(end.operators, elasticsearch, [9200], 'its operator manages it'),
    edge(collector, kibana, [5601], 'sets up its views'),
  ]
}

/** The ingress controller connects to the pods of the pages. */
export function pageEdges(environment: Environment): Edge[] {
  return pages(environment).flatMap(({ name, pods: to, port }) =>
    edge(end.ingressController, to, [port], `the page of ${name}`),
  )
}
