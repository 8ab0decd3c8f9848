import {
  CHILDREN,
  CONTROLLER_REVISIONS,
  kindOf,
  OPTIONAL_CHILDREN,
  PODS,
  type Resource,
} from '@chat-app/chat/resources'
import { reasonsOf, TIMEOUT, type Cluster } from './cluster.ts'
import { isSubdomain } from './names.ts'
import type { KubeObject, StoredChatApp } from './objects.ts'

const REPLICA_SETS = { plural: 'replicasets', group: 'apps' } as const
const KINDS = [...CHILDREN, CONTROLLER_REVISIONS, PODS, REPLICA_SETS]

/** The objects below a ChatApp, and what could not be read. */
export interface Owned {
  readonly objects: readonly KubeObject[]
  readonly unread: readonly string[]
  /** The optional kinds that the cluster lacks, as `group/Kind`. */
  readonly absentKinds: readonly string[]
}

/** All objects that a ChatApp owns, directly or through others. They have its label. */
export async function ownedBy(cluster: Cluster, chatApp: StoredChatApp): Promise<Owned> {
  const found = await Promise.all([list(cluster, chatApp, KINDS), ...OPTIONAL_CHILDREN.map(optional)])
  async function optional(kind: Resource): Promise<Owned> {
    const { isAbsent, ...listed } = await list(cluster, chatApp, [kind])
    return { ...listed, absentKinds: isAbsent ? [kindOf(kind)] : [] }
  }
  const objects = found.flatMap(({ objects }) => objects)
  return {
    objects: below(chatApp.metadata.uid, objects),
    unread: found.flatMap(({ unread }) => unread),
    absentKinds: found.flatMap(({ absentKinds }) => absentKinds),
  }
}

async function list(
  { results }: Cluster,
  { metadata: { name, namespace } }: StoredChatApp,
  kinds: readonly Pick<Resource, 'plural' | 'group'>[],
): Promise<Owned & { readonly isAbsent: boolean }> {
  const names = kinds.map(({ plural, group }) => (group === '' ? plural : `${plural}.${group}`)).join(',')
  const selected = ['--namespace', namespace, '--selector', `app.kubernetes.io/instance=${name}`]
  const result = await results(['get', names, ...selected, '--output', 'json', ...TIMEOUT])
  // Where one kind is not permitted, kubectl lists the others, and fails.
  const listed = result.out === '' ? [] : (JSON.parse(result.out) as { items: KubeObject[] }).items
  // Names become arguments of kubectl, and files of a report.
  const objects = listed.filter(({ metadata }) => isSubdomain(metadata.name))
  const strange = listed.length - objects.length
  const reasons = result.code === 0 ? [] : reasonsOf(result)
  const others = reasons.filter((reason) => !reason.includes("doesn't have a resource type"))
  const unread = [...joined(others), ...(strange > 0 ? [`objects with a name that none can have: ${strange}`] : [])]
  return { objects, unread, absentKinds: [], isAbsent: others.length < reasons.length }
}

const FORBIDDEN = /^(\S+) is forbidden: (User "[^"]*") cannot list resource "[^"]*" in API group "[^"]*"(.*)$/

/** One line in place of one for each kind that may not be read. */
function joined(reasons: readonly string[]): string[] {
  const kinds = new Map<string, string[]>()
  const others = new Set<string>()
  for (const reason of reasons) {
    const [, kind, user, where = ''] = FORBIDDEN.exec(reason) ?? []
    if (kind === undefined) others.add(reason)
    else kinds.set(`${user}${where}`, [...(kinds.get(`${user}${where}`) ?? []), kind])
  }
  const refused = [...kinds].map(([who, refusedKinds]) => `forbidden to list: ${refusedKinds.join(', ')} (${who})`)
  return [...refused, ...others]
}

/** The objects whose owners lead to this one. */
function below(uid: string, objects: readonly KubeObject[]): KubeObject[] {
  const inside = new Set([uid])
  let before = 0
  while (inside.size > before) {
    before = inside.size
    for (const object of objects) if (isBelow(object, inside)) inside.add(object.metadata.uid)
  }
  return objects.filter((object) => isBelow(object, inside))
}

function isBelow({ metadata: { ownerReferences = [] } }: KubeObject, owners: ReadonlySet<string>): boolean {
  return ownerReferences.some((owner) => owners.has(owner.uid))
}
