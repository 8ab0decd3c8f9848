import { readList, readObject } from '../../../cluster/read.ts'
import { error, ok, skipped, type Finding } from '../finding.ts'
import type { Check, Site } from '../site.ts'
import { templatesOf } from '../pods.ts'

interface Volume {
  readonly name: string
  readonly persistentVolumeClaim?: { readonly claimName: string }
  readonly ephemeral?: { readonly volumeClaimTemplate?: { readonly spec?: { readonly storageClassName?: string } } }
}

interface Claim {
  readonly spec: { readonly storageClassName?: string }
  readonly status?: { readonly phase?: string }
}

/** Whether the claims and StorageClasses are there that a podTemplate names. The services themselves have no volumes. */
export const storageCheck: Check = {
  name: 'Storage',
  async run(site) {
    const volumes = templatesOf(site.objects).flatMap(({ spec }) => (spec.volumes ?? []) as Volume[])
    const claims = new Set(volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []))
    const own = volumes.filter(({ ephemeral }) => ephemeral !== undefined)
    const classes = own.map(({ ephemeral }) => ephemeral?.volumeClaimTemplate?.spec?.storageClassName)
    if (claims.size === 0 && classes.length === 0)
      return [ok('spec', 'no pod has a volume of a StorageClass: messages are in the database')]
    const found = await Promise.all([...claims].map((name) => claimFinding(site, name)))
    return [...found, ...(await Promise.all([...new Set(classes)].map((name) => classFinding(site, name))))]
  },
}

async function claimFinding(site: Site, name: string): Promise<Finding> {
  const where = `PersistentVolumeClaim/${name}`
  const { cluster, namespace } = site
  const read = await readObject<Claim>(cluster, { kind: 'persistentvolumeclaims', name, namespace })
  if (read.is === 'missing') return missing(where, 'does not exist, and a podTemplate names it', 'create it')
  if (read.is !== 'read') return skipped(where, `not read: ${read.reason}`)
  if (read.value.status?.phase === 'Bound') return ok(where, 'is bound')
  return classFinding(site, read.value.spec.storageClassName)
}

/** @param name undefined for the default class, empty for none */
async function classFinding({ cluster }: Site, name: string | undefined): Promise<Finding> {
  if (name === '') return skipped('StorageClass', 'the claim asks for none, so it waits for a volume made by hand')
  const where = name === undefined ? 'StorageClass' : `StorageClass/${name}`
  const kind = 'storageclasses'
  const read =
    name === undefined
      ? await readList<StorageClass>(cluster, [kind])
      : await readObject<StorageClass>(cluster, { kind, name })
  if (read.is === 'forbidden' || read.is === 'failed') return skipped(where, `not read: ${read.reason}`)
  if (read.is === 'missing')
    return missing(where, 'does not exist', 'create it, or name another one: kubectl get storageclasses')
  const isThere = !Array.isArray(read.value) || read.value.some(isDefault)
  if (isThere) return ok(where, 'exists')
  return missing(where, 'none is the default', 'name a class in the claim, or make one the default')
}

interface StorageClass {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
}

function isDefault({ metadata }: StorageClass): boolean {
  return metadata.annotations?.[DEFAULT] === 'true'
}

const DEFAULT = 'storageclass.kubernetes.io/is-default-class'

function missing(where: string, what: string, fix: string): Finding {
  return error({ reason: 'MissingStorage', where, what, why: 'pods with the volume stay Pending', fix })
}
