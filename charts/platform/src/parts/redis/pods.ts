import type { Chart } from 'cdk8s'
import {
  IntOrString,
  KubeJob,
  KubeService,
  KubeStatefulSet,
  type Container,
  type EnvVar,
} from 'cdk8s-plus-27/lib/imports/k8s.js'
import { amounts } from '@chat-app/chat/constructs'
import {
  containerSecurity,
  dataClaim,
  dataVolume,
  platformLabels,
  podSecurity,
  tmpMount,
  tmpVolume,
} from '../../objects/pod.ts'
import { PODS_SECRET, type RedisPodsValues } from '../../environment/redis.ts'

const NAME = 'redis'
const PORT = 6379
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
      ports: [{ name: 'redis', port: PORT, protocol: 'TCP', targetPort: IntOrString.fromString('redis') }],
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
      ...dataClaim(values.storage),
    },
  })
}

function node({ image, resources: { requests, limits } }: RedisPodsValues): Container {
  return {
    name: NAME,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-euc', START],
    env: [PASSWORD, { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    ports: [
      { name: 'redis', containerPort: PORT },
      { name: 'bus', containerPort: PORT + 10_000 },
    ],
    resources: { requests: amounts(requests), limits: amounts(limits) },
    readinessProbe: { exec: { command: ['sh', '-c', PING] }, periodSeconds: 5, timeoutSeconds: 3 },
    livenessProbe: { exec: { command: ['sh', '-c', PING] }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    securityContext: containerSecurity,
    volumeMounts: [tmpMount, { name: 'data', mountPath: '/data' }],
  }
}

function join(chart: Chart, namespace: string, { image, resources: { requests, limits } }: RedisPodsValues): void {
  const labels = platformLabels(`${NAME}-join`)
  new KubeJob(chart, 'redis-join', {
    metadata: { name: `${NAME}-join`, namespace, labels },
    spec: {
      activeDeadlineSeconds: 600,
      backoffLimit: 20,
      template: {
        metadata: { labels },
        spec: {
          ...podSecurity,
          restartPolicy: 'OnFailure',
          containers: [
            {
              name: 'join',
              image,
              imagePullPolicy: 'IfNotPresent',
              command: ['sh', '-euc', JOIN],
              env: [PASSWORD],
              resources: { requests: amounts(requests), limits: amounts(limits) },
              securityContext: containerSecurity,
              volumeMounts: [tmpMount],
            },
          ],
          volumes: [tmpVolume],
        },
      },
    },
  })
}

/** redis-cli reads the password from this variable, so that it is on no command line. */
const PASSWORD: EnvVar = {
  name: 'REDISCLI_AUTH',
  valueFrom: { secretKeyRef: { name: PODS_SECRET, key: 'password' } },
}

const PING = '[ "$(redis-cli ping)" = PONG ]'

/**
 * Each start announces the current address of the pod. When all pods moved at once, the addresses that a node remembers
 * are wrong, so a node that was in a cluster looks up the others by name.
 */
const START = `
umask 077
echo "
port ${PORT}
dir /data
protected-mode no
requirepass $REDISCLI_AUTH
masterauth $REDISCLI_AUTH
appendonly yes
cluster-enabled yes
cluster-config-file /data/nodes.conf
cluster-node-timeout 2000
cluster-announce-ip $POD_IP
" > /tmp/redis.conf

address_of() { redis-cli -h "$1" --raw config get cluster-announce-ip | { read -r _; read -r ip; echo "$ip"; }; }
rejoin() {
  for i in 0 1 2 3 4 5; do
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
      ip=$(address_of "redis-$i.redis" 2>/dev/null || true)
      case "$ip" in *.*.*.* | *:*:*) redis-cli -h "$POD_IP" cluster meet "$ip" ${PORT}; break ;; *) sleep 1 ;; esac
    done
  done
}
case "$(cat /data/nodes.conf 2>/dev/null)" in *slave*) rejoin & ;; esac
exec redis-server /tmp/redis.conf
`.trim()

/**
 * Redis joins nodes by address, not by name, so each pod reports its own. An interrupted join starts again: nodes
 * without all slots are reset, which Redis refuses for a master with data. A complete cluster is not changed.
 */
const JOIN = `
addresses=
hosts="redis-0.redis redis-1.redis redis-2.redis redis-3.redis redis-4.redis redis-5.redis"
for host in $hosts; do
  until [ "$(redis-cli -h "$host" ping 2>/dev/null)" = PONG ]; do echo "waiting for $host"; sleep 1; done
  ip=$(redis-cli -h "$host" --raw config get cluster-announce-ip | { read -r _; read -r ip; echo "$ip"; })
  addresses="$addresses $ip:${PORT}"
done
case "$(redis-cli -h redis-0.redis cluster info)" in
  *cluster_slots_assigned:16384*) echo "the cluster is there" ;;
  *)
    for host in $hosts; do redis-cli -h "$host" cluster reset; done
    redis-cli --cluster create $addresses --cluster-replicas 1 --cluster-yes
    ;;
esac
joined() {
  case "$(redis-cli -h redis-0.redis cluster info)" in *cluster_state:ok*) ;; *) return 1 ;; esac
  case "$(redis-cli -h redis-0.redis cluster nodes)" in *slave*slave*slave*) ;; *) return 1 ;; esac
}
until joined; do sleep 1; done
`.trim()
