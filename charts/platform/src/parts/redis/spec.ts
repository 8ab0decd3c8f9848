import { restrictedContainer, restrictedPodWithVolumesOf, unprivilegedContainer } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'
import type { Resources } from '../../environment/fields.ts'
import { speaksTls, type RedisOperatorValues } from '../../environment/redis.ts'

export const API_VERSION = 'redis.redis.opstreelabs.in/v1beta2'

/** The operator copies them into the selectors of its Services: they never change, so nothing like a release is in them. */
export const labels = platformLabels('redis')

/** Where the objects of a Redis stand. */
export interface Placed {
  readonly namespace: string
  /** ConfigMap with what is added to the configuration of each pod. */
  readonly config: string
}

/** The user that the operator's images are built for. */
const USER = 1000

export const podSecurityContext = restrictedPodWithVolumesOf(USER)

/** The images write their configuration into their own file system. */
export const securityContext = unprivilegedContainer

const exporterResources: Resources = {
  requests: { cpu: '10m', memory: '32Mi' },
  limits: { cpu: '100m', memory: '64Mi' },
}

/** The password is the same for all, and the operator gives it to replicas and to the exporter. */
export function kubernetesConfig({ image, passwordSecret }: RedisOperatorValues) {
  return { image, imagePullPolicy: 'IfNotPresent', redisSecret: { name: passwordSecret, key: 'password' } }
}

/** The fields that every kind of Redis has. */
export function common(values: RedisOperatorValues) {
  return { podSecurityContext, ...exporter(values), ...tls(values) }
}

/** What one Redis pod has, where all pods of a kind are the same. */
export function single(values: RedisOperatorValues, { config }: Placed) {
  return {
    ...common(values),
    kubernetesConfig: { ...kubernetesConfig(values), resources: values.resources },
    securityContext,
    redisConfig: { additionalRedisConfig: config },
    storage: { volumeClaimTemplate: claim(values.storage) },
  }
}

/** A volume of the cluster's default class. */
export function claim(storage: string) {
  return { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } } }
}

function exporter({ exporterImage }: RedisOperatorValues) {
  if (exporterImage === undefined) return {}
  return {
    redisExporter: {
      enabled: true,
      image: exporterImage,
      resources: exporterResources,
      securityContext: restrictedContainer,
    },
  }
}

function tls(values: RedisOperatorValues) {
  if (!speaksTls(values)) return {}
  return { TLS: { ca: 'ca.crt', cert: 'tls.crt', key: 'tls.key', secret: { secretName: `${values.name}-tls` } } }
}
