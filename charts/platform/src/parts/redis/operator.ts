import type { Chart } from 'cdk8s'
import { KubeConfigMap } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { Manifest, jobName } from '@chat-app/chat/constructs'
import { certificate } from '../certificate.ts'
import { redisCluster } from './cluster.ts'
import { redisConfig } from './config.ts'
import { serviceNames } from './hosts.ts'
import { replication, sentinel } from './replication.ts'
import { API_VERSION, labels, single, type Location } from './common.ts'
import { speaksTls, type RedisOperatorValues, type RedisStandaloneValues } from '../../environment/redis.ts'

/** A Redis that its operator runs, with its configuration and, with TLS, its certificate. */
export function redisOperator(chart: Chart, namespace: string, values: RedisOperatorValues): void {
  const location = { namespace, config: configuration(chart, namespace, values) }
  if (speaksTls(values)) tls(chart, namespace, values)
  if (values.kind === 'cluster') return redisCluster(chart, location, values)
  if (values.kind === 'standalone') return standalone(chart, location, values)
  replication(chart, location, values)
  sentinel(chart, location, values)
}

/** The name changes with the content, so that the operator restarts the pods one by one. */
function configuration(chart: Chart, namespace: string, values: RedisOperatorValues): string {
  const data = { 'redis-additional.conf': redisConfig(values) }
  const name = jobName(`${values.name}-config`, data)
  new KubeConfigMap(chart, 'redis-config', { metadata: { name, namespace, labels }, data })
  return name
}

function tls(chart: Chart, namespace: string, values: RedisOperatorValues): void {
  const names = serviceNames(values).flatMap((service) => {
    const host = `${service}.${namespace}.svc`
    const hosts = [host, `${host}.cluster.local`]
    return service.endsWith('-headless') ? hosts.map((name) => `*.${name}`) : hosts
  })
  certificate(chart, { name: `${values.name}-tls`, namespace }, ['localhost', ...names])
}

function standalone(chart: Chart, location: Location, values: RedisStandaloneValues): void {
  new Manifest(chart, 'redis-standalone', {
    apiVersion: API_VERSION,
    kind: 'Redis',
    metadata: { name: values.name, namespace: location.namespace, labels },
    spec: single(values, location),
  })
}
