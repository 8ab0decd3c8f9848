import { optionalKinds, rollingSecrets, type Facts, type Model } from '@chat-app/chat'
import { API_VERSION, KIND } from '@chat-app/crds'
import type { ChatAppObject } from '../cache/chat-app.ts'
import { valueDigest } from '../cache/secret-digest.ts'
import type { World } from '../cache/world.ts'
import { at } from '../runtime/json.ts'
import { createHmac } from 'node:crypto'

/** Enough to see every change; the hash stands in an annotation of each pod template. */
const HASH_CHARACTERS = 16

export type OwnedFacts = Facts & Required<Pick<Facts, 'owner'>>

/**
 * The facts of the cluster that the children of a ChatApp are rendered with.
 *
 * @param kinds the kinds that the cluster serves, as `group/Kind`
 */
export function factsOf(
  chatApp: ChatAppObject,
  model: Model,
  world: World,
  kinds: Pick<ReadonlySet<string>, 'has'>,
): OwnedFacts {
  const { name, uid } = chatApp.metadata
  return {
    owner: { apiVersion: API_VERSION, kind: KIND, name, uid },
    secretHashes: secretHashes(model, world),
    installedKinds: new Set(optionalKinds.filter((kind) => kinds.has(kind))),
    replicas: liveReplicas(model, world),
  }
}

/** Hashes of the values that roll the pods only. A value that can be reloaded, such as a password, has none. */
function secretHashes({ secrets, namespace }: Model, world: World): Record<string, string> {
  const hashes: Record<string, string> = {}
  for (const value of rollingSecrets(secrets)) {
    const [name = '', key = ''] = value.split('/')
    const digest = digestOf(name, key, namespace, world)
    if (digest !== undefined) hashes[value] = digest.slice(0, HASH_CHARACTERS)
  }
  return hashes
}

function liveReplicas({ services, namespace }: Model, world: World): Facts['replicas'] {
  const replicas: { -readonly [K in keyof Facts['replicas']]: Facts['replicas'][K] } = {}
  for (const { component, autoscaled, name } of Object.values(services)) {
    const live = at<number>(world.store('Deployment').get(namespace, name), 'spec', 'replicas')
    // An autoscaler leaves a Deployment of zero pods alone, so after hibernation the operator sets the number.
    if (autoscaled && live !== undefined && live > 0) replicas[component] = live
  }
  return replicas
}

/**
 * A hash of all values that the pods read, which changes when one of them does. It is keyed by the signing key, which has at
 * least 32 characters, so that nobody can find a weak password by it. Empty without a signing key.
 */
export function secretsFingerprint({ secrets, namespace }: Model, world: World): string {
  const digests = secrets.map(({ purpose, name, key }) => [purpose, digestOf(name, key, namespace, world)] as const)
  return keyed(digests, signingKeyOf({ secrets, namespace }, world)) ?? ''
}

/** Hashes of the values that roll the pods, by `name/key`, keyed in the same way. None without a signing key. */
export function valueHashes({ secrets, namespace }: Model, world: World): Record<string, string> {
  const signingKey = signingKeyOf({ secrets, namespace }, world)
  const hashes: Record<string, string> = {}
  for (const value of rollingSecrets(secrets)) {
    const [name = '', key = ''] = value.split('/')
    const digest = digestOf(name, key, namespace, world)
    const hash = digest && keyed([value, digest], signingKey)
    if (hash !== undefined) hashes[value] = hash
  }
  return hashes
}

function signingKeyOf({ secrets, namespace }: Pick<Model, 'secrets' | 'namespace'>, world: World): string | undefined {
  const use = secrets.find(({ purpose }) => purpose === 'jwt')
  return use && digestOf(use.name, use.key, namespace, world)
}

function digestOf(name: string, key: string, namespace: string, world: World): string | undefined {
  const secret = world.secret(namespace, name)
  return secret && valueDigest(secret, key)?.sha256
}

function keyed(value: unknown, key: string | undefined): string | undefined {
  if (key === undefined) return undefined
  return createHmac('sha256', key).update(JSON.stringify(value)).digest('hex').slice(0, HASH_CHARACTERS)
}
