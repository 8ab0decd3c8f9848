import type { Chart } from 'cdk8s'
import {
  IntOrString,
  KubeService,
  KubeStatefulSet,
  type Container,
  type EnvVar,
} from 'cdk8s-plus-27/lib/imports/k8s.js'
import { platformJob } from '../../objects/job.ts'
import {
  dataClaim,
  dataVolume,
  ownContainer,
  platformLabels,
  podSecurity,
  tmpMount,
  tmpVolume,
} from '../../objects/pod.ts'
import { PODS_SECRET, type RedisPodsValues } from '../../environment/redis.ts'
import { REDIS_BUS_PORT, REDIS_PORT } from '../../objects/ports.ts'
import { JOIN, PING, START } from './pods-scripts.ts'

const NAME = 'redis'
const NODES = 6

/** A Redis Cluster of three masters with one replica each as plain pods, and the Job that joins them. */
export function redisPods(chart: Chart, namespace: string, values: RedisPodsValues): void {
  service(chart, namespace)
  nodes(chart, namespace, values)
  join(chart, namespace, values)
}

function service(chart: Chart, namespace: string): void {
  const labels = platformLabels(NAME)
  new KubeService(chart, 'redis-service', {
    metadata: { name: NAME, namespace, labels },
    spec: {
      // Gives each pod a DNS name before it is ready, which the Job needs to join the cluster.
      clusterIp: 'None',
      publishNotReadyAddresses: true,
      selector: labels,
      ports: [{ name: 'redis', port: REDIS_PORT, protocol: 'TCP', targetPort: IntOrString.fromString('redis') }],
    },
  })
}

function nodes(chart: Chart, namespace: string, values: RedisPodsValues): void {
  const labels = platformLabels(NAME)
  new KubeStatefulSet(chart, 'redis', {
    metadata: { name: NAME, namespace, labels },
    spec: {
      serviceName: NAME,
      replicas: NODES,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...podSecurity,
          terminationGracePeriodSeconds: 10,
          containers: [node(values)],
          volumes: [tmpVolume, ...dataVolume(values.storage)],
        },
      },
      ...dataClaim(values),
    },
  })
}

function node({ image, resources }: RedisPodsValues): Container {
  return {
    name: NAME,
    ...ownContainer(image, resources),
    command: ['sh', '-euc', START],
    env: [PASSWORD, { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    ports: [
      { name: 'redis', containerPort: REDIS_PORT },
      { name: 'bus', containerPort: REDIS_BUS_PORT },
    ],
    readinessProbe: { exec: { command: ['sh', '-c', PING] }, periodSeconds: 5, timeoutSeconds: 3 },
    livenessProbe: { exec: { command: ['sh', '-c', PING] }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    volumeMounts: [tmpMount, { name: 'data', mountPath: '/data' }],
  }
}

function join(chart: Chart, namespace: string, { image, resources }: RedisPodsValues): void {
  const labels = platformLabels(`${NAME}-join`)
  const container = {
    name: 'join',
    ...ownContainer(image, resources),
    command: ['sh', '-euc', JOIN],
    env: [PASSWORD],
    volumeMounts: [tmpMount],
  }
  platformJob(
    chart,
    'redis-join',
    { name: `${NAME}-join`, namespace, labels },
    {
      activeDeadlineSeconds: 600,
      backoffLimit: 20,
      template: {
        metadata: { labels },
        spec: { ...podSecurity, restartPolicy: 'OnFailure', containers: [container], volumes: [tmpVolume] },
      },
    },
  )
}

/** redis-cli reads the password from this variable, so that it is on no command line. */
const PASSWORD: EnvVar = {
  name: 'REDISCLI_AUTH',
  valueFrom: { secretKeyRef: { name: PODS_SECRET, key: 'password' } },
}
