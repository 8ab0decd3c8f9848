import { prod } from '@chat-app/environments'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority, whyNoTool } from '@chat-app/sandbox-machine'
import { minioClient, startMinio, type Minio, type MinioClient } from '@chat-app/sandbox-servers'
import { eventually } from '@chat-app/testing'
import { one } from '@chat-app/chat/testing'
import { applied, clustersOf, type Cluster, type Environment } from '@chat-app/platform'
import { serveIngress, type IngressServer } from './ingress-testing.ts'
import { runBucketsJob, succeeded, versions } from './testing.ts'

type Region = 'eu-central' | 'us-east'

const reason = whyNoTool('minio') ?? whyNoTool('mc')
const files = 'chat-app-prod-files'

const users = {
  'application-access-key': 'application-key',
  'application-secret-key': 'application-secret-24-ch',
  'backup-access-key': 'backup-key',
  'backup-secret-key': 'backup-secret-of-24-char',
  'replication-access-key': 'replication-key',
  'replication-secret-key': 'replication-secret-24-ch',
}

describe.skipIf(reason !== undefined)(`the Jobs of two regions${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let dir: string
  let authority: Awaited<ReturnType<typeof createAuthority>>
  let minios: Record<Region, Minio>
  /** The URL of each region, which serves the paths of its Ingress. */
  let edges: Record<Region, IngressServer>
  let mc: MinioClient

  const clusterIn = (region: string, active: string): Cluster => {
    const environment = { ...prod, regions: { ...prod.regions, active } } as Environment
    return clustersOf(environment).find(({ folder }) => folder === `prod/${region}`) as Cluster
  }
  const runJob = (region: Region, active: string) => {
    const own = minios[region]
    const root = `export MINIO_ROOT_USER=${own.rootUser}\nexport MINIO_ROOT_PASSWORD=${own.rootPassword}\n`
    return runBucketsJob(clusterIn(region, active), {
      volumes: { users, root: { 'config.env': root }, authority: { 'ca.crt': authority.certificate } },
      env: {
        ENDPOINT: own.url,
        SITES: Object.entries(edges)
          .map(([name, { url }]) => `${name.replace('-', '_')}=${url}`)
          .join(' '),
      },
    })
  }
  const startOne = () => startMinio({ authority, env: { MINIO_PROMETHEUS_AUTH_TYPE: 'public' } })
  const edgeOf = (region: Region) => {
    const ingress = one(applied(clusterIn(region, 'eu-central')), 'Ingress', 'storage-replication')
    return serveIngress(ingress, authority, () => minios[region].url)
  }
  const statusOf = async (url: string) => {
    const asked = request(url, { ca: authority.certificate }).end()
    const [response] = await once(asked, 'response')
    response.resume()
    return response.statusCode as number
  }
  /** mc with both servers as the application (`central`, `east`) and as their root (`centralRoot`, `eastRoot`). */
  const connect = async () => {
    const as = ({ url }: Minio, user: string, secret: string) => url.replace('//', `//${user}:${secret}@`)
    const application = (minio: Minio) => as(minio, users['application-access-key'], users['application-secret-key'])
    const root = (minio: Minio) => as(minio, minio.rootUser, minio.rootPassword)
    const { 'eu-central': central, 'us-east': east } = minios
    mc = await minioClient(join(dir, 'mc'), authority, {
      central: application(central),
      east: application(east),
      centralRoot: root(central),
      eastRoot: root(east),
    })
  }
  const put = async (server: string, name: string, content: string) => {
    await writeFile(join(dir, 'content'), content)
    await mc('cp', '--quiet', join(dir, 'content'), `${server}/${files}/${name}`)
  }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'chat-regions-'))
    authority = await createAuthority('kubernetes-ca')
    const [central, east] = await Promise.all([startOne(), startOne()])
    minios = { 'eu-central': central, 'us-east': east }
    edges = { 'eu-central': await edgeOf('eu-central'), 'us-east': await edgeOf('us-east') }
    await connect()
    // The order does not matter: the active region waits for the user of the other.
    const active = runJob('eu-central', 'eu-central')
    succeeded(await runJob('us-east', 'eu-central'))
    succeeded(await active)
  })
  afterAll(async () => {
    for (const server of [...Object.values(edges ?? {}), ...Object.values(minios ?? {})]) await server.stop()
    await rm(dir, { recursive: true, force: true })
  })

  test('both regions have the buckets, their versions and lifecycle, and the users', async () => {
    await eventually(async () => {
      expect(await mc('version', 'info', `eastRoot/${files}`)).toContain('versioning is enabled')
      expect(await mc('ilm', 'export', `eastRoot/${files}`)).toContain('"NoncurrentDays":7')
      await mc('ls', `east/${files}`)
    })
    await expect(mc('ls', 'east/chat-app-prod-mysql')).rejects.toThrow('Access Denied')
  })

  test.each([
    ['central', 'east'],
    ['east', 'central'],
  ])('what is written in %s is in %s, with what it was before it was overwritten and deleted', async (here, there) => {
    const name = `from-${here}`
    await put(here, name, 'one')
    await put(here, name, 'two')
    await eventually(async () => expect(await mc('cat', `${there}/${files}/${name}`)).toBe('two'))
    await mc('rm', `${here}/${files}/${name}`)
    await eventually(() => expect(mc('cat', `${there}/${files}/${name}`)).rejects.toThrow('Object does not exist'))
    const kept = await versions(mc, `${there}Root/${files}/${name}`)
    expect(kept).toEqual(await versions(mc, `${here}Root/${files}/${name}`))
    expect(kept.map(({ isDeleteMarker }) => isDeleteMarker)).toEqual([true, false, false])
    expect(await mc('cat', `--version-id=${kept[2]?.versionId}`, `${there}Root/${files}/${name}`)).toBe('one')
  })

  test('both Jobs are idempotent', async () => {
    const before = await mc('admin', 'replicate', 'info', '--json', 'centralRoot')
    succeeded(await runJob('us-east', 'eu-central'))
    succeeded(await runJob('eu-central', 'eu-central'))
    expect(await mc('admin', 'replicate', 'info', '--json', 'centralRoot')).toBe(before)
  })

  test('the other region takes over while the first is down, which catches up afterwards', async () => {
    await minios['eu-central'].kill()
    succeeded(await runJob('us-east', 'us-east'))
    await put('east', 'written-alone', 'three')
    await minios['eu-central'].start()
    await eventually(async () => expect(await mc('cat', `central/${files}/written-alone`)).toBe('three'))
  })

  test('an empty storage can replace a lost one', async () => {
    await put('central', 'before-the-loss', 'four')
    await minios['us-east'].stop()
    await mc('admin', 'replicate', 'rm', 'centralRoot', 'us_east', '--force')
    minios['us-east'] = await startOne()
    succeeded(await runJob('us-east', 'eu-central'))
    succeeded(await runJob('eu-central', 'eu-central'))
    await connect()
    await put('central', 'after-the-loss', 'five')
    await eventually(async () => expect(await mc('cat', `east/${files}/after-the-loss`)).toBe('five'))
    await mc('admin', 'replicate', 'resync', 'start', 'centralRoot', 'eastRoot')
    await eventually(async () => expect(await mc('cat', `east/${files}/before-the-loss`)).toBe('four'))
  })

  test('the paths of the Ingress suffice for replication, and exclude the metrics', async () => {
    for (const region of ['eu-central', 'us-east'] as const) {
      expect(edges[region].refused).toEqual([])
      for (const path of ['/minio/v2/metrics/cluster', '/minio/metrics/v3/api/requests']) {
        expect([path, await statusOf(`${minios[region].url}${path}`)]).toEqual([path, 200])
        expect([path, await statusOf(`${edges[region].url}${path}`)]).toEqual([path, 404])
      }
    }
  })
})
