import { clustersOf, manifests, type Cluster } from '@chat-app/platform'
import { type KubernetesObject } from '@chat-app/chat'
import { prod } from '@chat-app/environments'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'platform', 'database.md'), 'utf8')
const examples = [...page.matchAll(/^( *)```yaml\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', text = '']) =>
  parse(text.replaceAll(new RegExp(`^${indent}`, 'gm'), '')),
) as Example[]

interface Storage {
  readonly verifyTLS: boolean
  readonly s3: { readonly bucket: string; readonly [field: string]: string }
}

interface Example {
  readonly kind: string
  readonly metadata: { readonly namespace: string }
  readonly spec: {
    readonly pxcCluster: string
    readonly storageName?: string
    readonly pitr?: { readonly backupSource: { readonly storageName: string } }
    readonly backupSource?: { readonly destination: string; readonly verifyTLS: boolean; readonly s3: Storage['s3'] }
  }
}

function region(name: string): Cluster {
  const found = clustersOf(prod).find(({ folder }) => folder === `prod/${name}`)
  if (found === undefined) throw new Error(`prod has no region ${name}`)
  return found
}

function file(cluster: Cluster, path: string): readonly KubernetesObject[] {
  return manifests(cluster).find((each) => each.path === path)?.objects ?? []
}

function database(cluster: Cluster) {
  const found = file(cluster, '30-database.yaml').find(({ kind }) => kind === 'PerconaXtraDBCluster')
  if (found === undefined) throw new Error(`no database in ${cluster.folder}`)
  const { storages } = (found['spec'] as { backup: { storages: Record<string, Storage> } }).backup
  return { metadata: found.metadata, storages }
}

describe('the page of the database', () => {
  test('names the database and the backup storages of the manifests', () => {
    const { metadata, storages } = database(region('eu-central'))
    expect(examples.map(({ kind }) => kind)).toEqual([
      'PerconaXtraDBClusterBackup',
      'PerconaXtraDBClusterRestore',
      'PerconaXtraDBClusterRestore',
    ])
    for (const { metadata: own, spec } of examples) {
      expect([own.namespace, spec.pxcCluster]).toEqual([metadata.namespace, metadata.name])
      const named = [spec.storageName, spec.pitr?.backupSource.storageName].filter((name) => name !== undefined)
      for (const name of named) expect(Object.keys(storages)).toContain(name)
    }
  })

  test('restores a following region from the backups of the active region, through its own storage', () => {
    const source = examples.flatMap(({ spec }) => spec.backupSource ?? [])[0]
    const active = database(region('eu-central')).storages['full']
    const own = database(region('us-east')).storages['full']
    expect(source?.destination).toBe(`s3://${active?.s3.bucket}/NAME`)
    expect(source?.verifyTLS).toBe(own?.verifyTLS)
    expect(source?.s3).toEqual({ ...own?.s3, bucket: active?.s3.bucket.split('/')[0] })
  })

  test('creates the root authority with two files that do not depend on others', () => {
    const cluster = region('eu-central')
    const [namespaces, secrets] = ['00-namespaces.yaml', '25-secrets.yaml'].map((path) => file(cluster, path))
    expect(secrets).toContainEqual(
      expect.objectContaining({
        kind: 'Certificate',
        metadata: expect.objectContaining({ name: 'platform-root', namespace: 'cert-manager' }),
      }),
    )
    const there = new Set(['cert-manager', ...(namespaces ?? []).map(({ metadata }) => metadata.name)])
    const elsewhere = secrets?.filter(({ metadata: { namespace } }) => namespace !== undefined && !there.has(namespace))
    expect(elsewhere).toEqual([])
    expect(page).toContain('-f dist/prod/eu-central/00-namespaces.yaml -f dist/prod/eu-central/25-secrets.yaml')
  })
})
