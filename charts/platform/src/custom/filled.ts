import { DEFAULT_REGISTRY } from '../environment/operator.ts'
import type { Environment } from '../environment/environment.ts'
import { mirrored, withMirroredVersions } from './mirror.ts'

/**
 * An environment whose parts have the values that the environment gives them all: the registry and the mirror of their
 * images, the Secret that pulls these, the class of their volumes, and the authorities of external servers.
 */
export function filled(environment: Environment): Environment {
  const { images = {}, storageClassName } = environment
  const steps = [
    images.registry === undefined ? undefined : withRegistry(images.registry),
    images.pullSecret === undefined ? undefined : withPullSecret(images.pullSecret),
    storageClassName === undefined ? undefined : withStorageClass(storageClassName),
    withAuthority('database'),
    withAuthority('redis'),
    images.mirror === undefined ? undefined : withMirror(images.mirror),
  ]
  return steps.reduce((filled, step) => step?.(filled) ?? filled, environment)
}

type Step = (environment: Environment) => Environment

function withRegistry(registry: string): Step {
  return ({ operator, chatApp, ...others }) => ({
    ...others,
    operator: { registry, ...operator },
    chatApp: { ...chatApp, spec: { ...chatApp.spec, images: { registry, ...chatApp.spec.images } } },
  })
}

function withPullSecret(name: string): Step {
  return ({ operator, chatApp, ...others }) => ({
    ...others,
    operator: { imagePullSecrets: [name], ...operator },
    chatApp: { ...chatApp, spec: { ...chatApp.spec, images: { pullSecrets: [{ name }], ...chatApp.spec.images } } },
  })
}

/** Operators make the images of these parts from a version, so the mirror names them. */
function withMirror(mirror: string): Step {
  return (environment) => {
    const { operator, chatApp } = environment
    const { registry = DEFAULT_REGISTRY } = chatApp.spec.images ?? {}
    const own = {
      ...environment,
      operator: { ...operator, registry: mirrored(operator.registry ?? DEFAULT_REGISTRY, mirror) },
      chatApp: {
        ...chatApp,
        spec: { ...chatApp.spec, images: { ...chatApp.spec.images, registry: mirrored(registry, mirror) } },
      },
    }
    return withMirroredVersions(own, mirror)
  }
}

/** The ChatApp trusts the authority of a server outside the platform. */
function withAuthority(part: 'database' | 'redis'): Step {
  return (environment) => {
    const { [part]: values, chatApp } = environment
    if (values.kind !== 'external' || values.caSecret === undefined) return environment
    const tls = { caSecretRef: { name: values.caSecret } }
    return {
      ...environment,
      chatApp: { ...chatApp, spec: { ...chatApp.spec, [part]: { ...chatApp.spec[part], tls } } },
    }
  }
}

function withStorageClass(storageClassName: string): Step {
  const fill = <T extends object>(part: T): T =>
    'kind' in part && part.kind === 'external' ? part : { storageClassName, ...part }
  return (environment) => {
    const { database, redis, messaging, storage, monitoring, logs } = environment
    return {
      ...environment,
      database: fill(database),
      redis: fill(redis),
      ...(messaging !== undefined && { messaging: fill(messaging) }),
      ...(storage !== undefined && { storage: fill(storage) }),
      ...(monitoring !== undefined && { monitoring: fill(monitoring) }),
      ...(logs !== undefined && { logs: { ...logs, elasticsearch: fill(logs.elasticsearch) } }),
    }
  }
}
