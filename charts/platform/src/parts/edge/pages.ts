import type { Chart } from 'cdk8s'
import { IntOrString, KubeIngress, KubeService } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Cluster } from '../../environment/cluster.ts'
import { platformLabels } from '../../objects/pod.ts'
import type { Pods } from '../policies/edge.ts'
import * as end from '../policies/ends.ts'
import type { Environment } from '../../environment/environment.ts'
import type { PageName } from '../../environment/edge.ts'
import { ALERTMANAGER_PORT, GRAFANA_PORT, KIBANA_PORT, PROMETHEUS_PORT } from '../../objects/ports.ts'

/** A web page of a part of the platform. */
export interface Page {
  readonly name: PageName
  readonly host: string
  /** The Service of its pods, and the port of both. */
  readonly service: string
  readonly port: number
  readonly pods: Pods
  /** Whether the pods use TLS, with a certificate that their operator makes. */
  readonly tls: boolean
}

/** The Service of its page. Whoever installs Grafana chooses the name and port of its own Service. */
const GRAFANA = 'grafana-page'

type Served = Omit<Page, 'name' | 'host'>

/** The parts that have pages. */
type Part = 'monitoring' | 'storage' | 'logs'

/** The pages that the environment publishes. */
export function pages(environment: Environment): Page[] {
  const hosts = Object.entries(environment.edge?.pages ?? {}) as [PageName, string][]
  return hosts.flatMap(([name, host]) => {
    const page = served[name](environment)
    return page === undefined ? [] : [{ name, host, ...page }]
  })
}

/** What serves each page; undefined where the environment does not have the part. */
const served: Readonly<Record<PageName, (environment: Pick<Environment, Part>) => Served | undefined>> = {
  prometheus: ({ monitoring }) =>
    monitoring && {
      service: 'prometheus-operated',
      port: PROMETHEUS_PORT,
      pods: end.prometheus(monitoring),
      tls: false,
    },
  alertmanager: ({ monitoring }) =>
    monitoring && {
      service: 'alertmanager-operated',
      port: ALERTMANAGER_PORT,
      pods: end.alertmanager(monitoring.namespace),
      tls: false,
    },
  grafana: ({ monitoring }) =>
    monitoring && {
      service: GRAFANA,
      port: GRAFANA_PORT,
      pods: end.grafana(monitoring.namespace),
      tls: false,
    },
  minio: ({ storage }) =>
    storage?.kind !== 'tenant'
      ? undefined
      : { service: `${storage.name}-console`, port: 9443, pods: end.minio(storage), tls: true },
  kibana: ({ logs }) =>
    logs && { service: `${logs.name}-kb-http`, port: KIBANA_PORT, pods: end.kibana(logs), tls: true },
}

/** The pages in `edge.pages` whose part the environment does not have. An unknown page is a fault of the schema. */
export function missingPages(environment: Pick<Environment, 'edge' | Part>): PageName[] {
  const names = Object.keys(environment.edge?.pages ?? {}) as PageName[]
  return names.filter((name) => Object.hasOwn(served, name) && served[name](environment) === undefined)
}

/**
 * An Ingress with a certificate for each page. A page shows the data of one region, so each region has its own hosts.
 */
export function pageIngresses(chart: Chart, { environment, region }: Cluster): void {
  const prefix = region === undefined ? '' : `${region.own.name}.`
  for (const page of pages(environment)) {
    if (page.name === 'grafana') grafanaService(chart, page)
    ingress(chart, { ...page, host: `${prefix}${page.host}` }, environment)
  }
}

function grafanaService(chart: Chart, { service, port, pods }: Page): void {
  new KubeService(chart, 'grafana-service', {
    metadata: { name: service, namespace: pods.namespace, labels: platformLabels(service) },
    spec: {
      type: 'ClusterIP',
      selector: pods.labels,
      ports: [{ name: 'http', port, protocol: 'TCP', targetPort: IntOrString.fromNumber(port) }],
    },
  })
}

function ingress(chart: Chart, { name, host, service, port, pods, tls }: Page, { edge }: Environment): void {
  if (edge === undefined) return
  const annotations = {
    'cert-manager.io/cluster-issuer': edge.issuer,
    ...edge.authentication,
    ...(tls && edge.tlsBackend),
  }
  new KubeIngress(chart, `page-${name}`, {
    metadata: { name, namespace: pods.namespace, labels: platformLabels(name), annotations },
    spec: {
      ingressClassName: edge.ingressClassName,
      tls: [{ hosts: [host], secretName: `${name}-page-tls` }],
      rules: [
        {
          host,
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: service, port: { number: port } } } }],
          },
        },
      ],
    },
  })
}
