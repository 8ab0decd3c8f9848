import { restrictedContainer, restrictedPodWithVolumesOf, unprivilegedContainer } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'
import { claimSpec } from '../../objects/volume-claim.ts'
import type { Resources } from '../../environment/fields.ts'
import { speaksTls, type RedisOperatorValues } from '../../environment/redis.ts'

export const API_VERSION = 'redis.redis.opstreelabs.in/v1beta2'

/** The operator copies these labels into the selectors of its Services, so they must never change. */
export const labels = platformLabels('redis')

/** What the objects of a Redis share. */
export interface Location {
  readonly namespace: string
  /** The ConfigMap with the additional configuration. */
  readonly config: string
}

/** The user that the operator's images are built for. */
const USER = 1000

export const podSecurityContext = restrictedPodWithVolumesOf(USER)

/** The images write their configuration into the root file system, so it is not read-only. */
export const securityContext = unprivilegedContainer

const EXPORTER_RESOURCES: Resources = {
  requests: { cpu: '10m', memory: '32Mi' },
  limits: { cpu: '100m', memory: '64Mi' },
}

/** The image and the password, which the operator also passes to replicas and to the exporter. */
export function kubernetesConfig({ image, passwordSecret }: RedisOperatorValues) {
  return { image, imagePullPolicy: 'IfNotPresent', redisSecret: { name: passwordSecret, key: 'password' } }
}

/** The fields that every kind of Redis has. */
export function common(values: RedisOperatorValues) {
  return { podSecurityContext, ...exporter(values), ...tls(values) }
}

/** The fields of a Redis whose pods are all the same. */
export function single(values: RedisOperatorValues, { config }: Location) {
  return {
    ...common(values),
    kubernetesConfig: { ...kubernetesConfig(values), resources: values.resources },
    securityContext,
    redisConfig: { additionalRedisConfig: config },
    storage: { volumeClaimTemplate: claim(values.storage, values.storageClassName) },
  }
}

/** The volume claim of each pod. */
export function claim(storage: string, storageClassName: string | undefined) {
  return { spec: claimSpec(storage, storageClassName) }
}

function exporter({ exporterImage }: RedisOperatorValues) {
  if (exporterImage === undefined) return {}
  return {
    redisExporter: {
      enabled: true,
      image: exporterImage,
      resources: EXPORTER_RESOURCES,
      securityContext: restrictedContainer,
    },
  }
}

function tls(values: RedisOperatorValues) {
  if (!speaksTls(values)) return {}
  return { TLS: { ca: 'ca.crt', cert: 'tls.crt', key: 'tls.key', secret: { secretName: `${values.name}-tls` } } }
}
