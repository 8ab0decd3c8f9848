import type { KubernetesObject } from '@chat-app/chat'
import { describe, expect, test } from 'vitest'
import { assertAccepted, objections } from './objections.ts'
import { entry } from './record.ts'

const release = { environment: 'staging', version: '1.2.0' }

function cluster(tag: string): KubernetesObject {
  return {
    apiVersion: 'pxc.percona.com/v1',
    kind: 'PerconaXtraDBCluster',
    metadata: { name: 'mysql', namespace: 'db' },
    spec: { pxc: { image: `docker.io/percona/percona-xtradb-cluster:${tag}` } },
  }
}

/** What speaks against a deployment of a database of one version to a cluster with one of another version. */
function about(deployed: string, wanted: string) {
  return objections({
    kubectl: async () => JSON.stringify(cluster(deployed)),
    cli: async () => ({ code: 0, out: '', err: '' }),
    release,
    record: { ...release, objects: [entry(cluster(wanted))] },
    objects: [cluster(wanted)],
    isReview: false,
  })
}

describe('the major version of the database', () => {
  test('is upgraded only when that is accepted', async () => {
    const against = await about('8.0.42-33.1', '8.4.7-7.1')
    expect(() => assertAccepted(against, [])).toThrow(
      /^refused, and nothing was changed:\n {2}PerconaXtraDBCluster db\/mysql: the database is 8\.0, and these values make it 8\.4: .*\n.*--accept database-upgrade$/,
    )
    expect(() => assertAccepted(against, ['database-upgrade'])).not.toThrow()
  })

  test('is never downgraded', async () => {
    const against = await about('8.4.7-7.1', '8.0.42-33.1')
    const refusal = /MySQL cannot open the files of a newer version.*\nCheck --env, --cluster and --context first\.$/
    expect(() => assertAccepted(against, ['database-upgrade', 'older-version'])).toThrow(refusal)
  })

  test('may stay', async () => {
    expect(await about('8.4.6-6.1', '8.4.7-7.1')).toEqual([])
  })
})
