import { kubectl } from '@chat-app/kubectl'
import type { Cluster } from '../cluster.ts'
import { asRoot } from './as-root.ts'

interface Volume {
  readonly metadata: { readonly name: string }
  readonly status: { readonly phase?: string }
}

/** Empties the volumes whose claim was deleted and makes them available again, in place of a storage provisioner. */
export async function reclaimVolumes({ dir, kubectl: binary, kubeconfig }: Cluster): Promise<void> {
  const run = kubectl({ binary, kubeconfig })
  const { items } = JSON.parse(await run(['get', 'persistentvolumes', '-o', 'json'])) as { items: Volume[] }
  const names = items.filter(({ status }) => status.phase === 'Released').map(({ metadata }) => metadata.name)
  if (names.length === 0) return
  await asRoot('emptyVolumes', { dir, names })
  const patch = JSON.stringify([{ op: 'remove', path: '/spec/claimRef' }])
  await run(['patch', '--type=json', '-p', patch, ...names.map((name) => `persistentvolume/${name}`)])
}
