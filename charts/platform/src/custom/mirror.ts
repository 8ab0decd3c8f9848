import type { Environment } from '../environment/environment.ts'

const PXC_OPERATOR_IMAGE = 'docker.io/percona/percona-xtradb-cluster-operator'

/** An image, or a registry with a path, in a mirror: the mirror stands in place of the host. */
export function mirrored(name: string, mirror: string): string {
  const slash = name.indexOf('/')
  return slash < 0 ? mirror : `${mirror}${name.slice(slash)}`
}

/** The images of all parts in the mirror, those too that an operator would make from a version. */
export function withMirroredVersions(environment: Environment, mirror: string): Environment {
  const { database, monitoring, logs } = environment
  const named = {
    ...environment,
    ...(database.kind === 'pxc' && {
      database: { operatorImage: `${PXC_OPERATOR_IMAGE}:${database.crVersion}`, ...database },
    }),
    ...(monitoring !== undefined && { monitoring: monitoringImages(monitoring) }),
    ...(logs !== undefined && { logs: logImages(logs) }),
  }
  return mapImages(named, (image) => mirrored(image, mirror)) as Environment
}

function monitoringImages(values: NonNullable<Environment['monitoring']>) {
  const { alertmanager } = values
  return {
    image: `quay.io/prometheus/prometheus:${values.version}`,
    ...values,
    alertmanager: { image: `quay.io/prometheus/alertmanager:${alertmanager.version}`, ...alertmanager },
  }
}

function logImages(values: NonNullable<Environment['logs']>) {
  const { version, elasticsearch, kibana, collector } = values
  const of = (path: string) => `docker.elastic.co/${path}:${version}`
  return {
    ...values,
    elasticsearch: { image: of('elasticsearch/elasticsearch'), ...elasticsearch },
    kibana: { image: of('kibana/kibana'), ...kibana },
    collector: { image: of('beats/filebeat'), ...collector },
  }
}

/** Every field whose name ends with `image`, in all parts. */
function mapImages(value: unknown, map: (image: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => mapImages(item, map))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      typeof inner === 'string' && /image$/i.test(key) ? map(inner) : mapImages(inner, map),
    ]),
  )
}
