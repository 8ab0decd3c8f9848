import { neededKinds, optionalKinds, rollingSecrets, type Facts, type Model } from '@chat-app/chat'
import { API_VERSION, KIND } from '@chat-app/crds'
import { COMPONENTS } from '../conditions/observed.ts'
import { Stalled } from '../errors.ts'
import { at } from '../kube/json.ts'
import type { Reconciliation } from '../reconciliation.ts'
import { valueHash } from '../secrets.ts'
import type { ChatAppObject, World } from '../world.ts'

/** A kind is installed by hand, and its definition is not watched. */
const KIND_RETRY_MS = 60_000

/** What only the cluster knows. @throws Stalled when it lacks a kind that the ChatApp cannot do without */
export async function gatherFacts({ operator, chatApp }: Reconciliation, model: Model): Promise<Facts> {
  const kinds = await operator.kinds()
  const absent = neededKinds(model).find(({ kind }) => !kinds.has(kind))
  if (absent !== undefined) {
    const message = `${absent.field} needs the kind ${absent.kind}, which the cluster lacks`
    throw new Stalled('KindNotInstalled', message, KIND_RETRY_MS)
  }
  return factsOf(chatApp, model, operator.world, new Set(kinds.keys()))
}

/** What only the cluster knows about a ChatApp, gathered from what was watched. */
export function factsOf(chatApp: ChatAppObject, model: Model, world: World, kinds: ReadonlySet<string>): Facts {
  const { name, uid } = chatApp.metadata
  return {
    owner: { apiVersion: API_VERSION, kind: KIND, name, uid },
    secretHashes: secretHashes(model, world),
    installedKinds: new Set(optionalKinds.filter((kind) => kinds.has(kind))),
    replicas: liveReplicas(model, world),
  }
}

/** Only of values that roll the pods: what can be reloaded, such as a password, leaves no trace in an annotation. */
function secretHashes({ secrets, namespace }: Model, world: World): Record<string, string> {
  const hashes: Record<string, string> = {}
  for (const value of rollingSecrets(secrets)) {
    const [name = '', key = ''] = value.split('/')
    const hash = valueHash(world.secret(namespace, name), key)
    if (hash !== undefined) hashes[value] = hash
  }
  return hashes
}

function liveReplicas({ services, namespace }: Model, world: World): Facts['replicas'] {
  const replicas: { -readonly [K in keyof Facts['replicas']]: Facts['replicas'][K] } = {}
  for (const component of COMPONENTS) {
    const { autoscaled, name } = services[component]
    const live = at<number>(world.store('Deployment').get(namespace, name), 'spec', 'replicas')
    // An autoscaler does not touch a Deployment of zero, so after a hibernation the number is ours to give.
    if (autoscaled && live !== undefined && live > 0) replicas[component] = live
  }
  return replicas
}
