import { staging } from '@chat-app/environments'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority, type Authority, whyNoTool } from '@chat-app/sandbox-machine'
import { freePort, minioClient, startMinio, type Minio, type MinioClient } from '@chat-app/sandbox-servers'
import { activeCluster, applied, type Environment, type ExternalValues } from '@chat-app/platform'
import { withExternalStorage } from '@chat-app/platform/testing'
import { one } from '@chat-app/chat/testing'
import { jsonLines, runBucketsJob, succeeded, versions, type JobRun } from './testing.ts'

const reason = whyNoTool('minio') ?? whyNoTool('mc')
const cluster = activeCluster(staging)
const [files, backups] = ['chat-app-staging-files', 'chat-app-staging-mysql']

/** Makes a Job that must fail give up after 1 s. */
const FAST_FAILURE = { WAIT_SECONDS: '1' }

/** The values of the Secret minio-users, with special characters of base64, base64url and URLs. */
const users = {
  'application-access-key': 'application-key',
  'application-secret-key': 'application+secret/of~24=',
  'backup-access-key': 'backup-key',
  'backup-secret-key': 'backup_secret-of.24-chars',
}

describe.skipIf(reason !== undefined)(
  `the Job of one cluster, with a real MinIO${reason ? ` (skipped: ${reason})` : ''}`,
  () => {
    let dir: string
    let authority: Authority
    let minio: Minio
    let mc: MinioClient

    const rootConfig = (password = minio.rootPassword) => ({
      'config.env': `export MINIO_ROOT_USER=${minio.rootUser}\nexport MINIO_ROOT_PASSWORD=${password}\n`,
    })
    const volumes = () => ({ users, root: rootConfig(), authority: { 'ca.crt': authority.certificate } })
    const runJob = (differs: { volumes?: object; env?: Record<string, string> } = {}, of = cluster): Promise<JobRun> =>
      runBucketsJob(of, {
        volumes: { ...volumes(), ...differs.volumes },
        env: { ENDPOINT: minio.url, ...differs.env },
      })

    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'chat-buckets-'))
      authority = await createAuthority('kubernetes-ca')
      const tenant = one(applied(cluster), 'Tenant', 'chat-app-minio').spec
      const settings = (tenant.env as { name: string; value: string }[]).map(({ name, value }) => [name, value])
      minio = await startMinio({ authority, env: Object.fromEntries(settings) })
      const as = (user: string, secret: string) => minio.url.replace('//', `//${user}:${secret}@`)
      mc = await minioClient(join(dir, 'mc'), authority, {
        root: as(minio.rootUser, minio.rootPassword),
        application: as(users['application-access-key'], users['application-secret-key']),
        backup: as(users['backup-access-key'], users['backup-secret-key']),
      })
      for (const content of ['one', 'two']) await writeFile(join(dir, content), content)
      succeeded(await runJob())
    })
    afterAll(async () => {
      await minio?.stop()
      await rm(dir, { recursive: true, force: true })
    })

    const put = (user: string, path: string, content = 'one') =>
      mc('cp', '--quiet', join(dir, content), `${user}/${path}`)

    test('creates the buckets for files and backups, and no others', async () => {
      expect(jsonLines(await mc('ls', '--json', 'root')).map(({ key }) => key)).toEqual([`${files}/`, `${backups}/`])
    })

    const oldVersions = expect.objectContaining({
      Status: 'Enabled',
      NoncurrentVersionExpiration: { NoncurrentDays: 7 },
      Expiration: { ExpiredObjectDeleteMarker: true },
    })
    const binaryLog = expect.objectContaining({ Filter: { Prefix: 'binlogs/' }, Expiration: { Days: 31 } })

    // The rules take effect after 7 days, so the test reads them from MinIO.
    test.each([
      [files, [oldVersions]],
      [backups, [oldVersions, binaryLog]],
    ])('%s keeps old versions for 7 days, and the binary log for 31', async (bucket, rules) => {
      expect(await mc('version', 'info', `root/${bucket}`)).toContain('versioning is enabled')
      expect(JSON.parse(await mc('ilm', 'export', `root/${bucket}`)).Rules).toEqual(rules)
    })

    test.each([
      ['application', files],
      ['backup', backups],
    ])('the user of %s reads what it overwrote and deleted', async (user, bucket) => {
      const path = `${bucket}/kept`
      await put(user, path, 'one')
      await put(user, path, 'two')
      await mc('rm', `${user}/${path}`)
      await expect(mc('cat', `${user}/${path}`)).rejects.toThrow('Object does not exist')
      const kept = await versions(mc, `${user}/${path}`)
      expect(kept.map(({ isDeleteMarker }) => isDeleteMarker)).toEqual([true, false, false])
      expect(await mc('cat', `--version-id=${kept[2]?.versionId}`, `${user}/${path}`)).toBe('one')
    })

    test.each([
      ['application', files, backups],
      ['backup', backups, files],
    ])('the user of %s may only use its bucket', async (user, own, other) => {
      await put('root', `${other}/foreign`)
      await put(user, `${own}/own`)
      const [version] = await versions(mc, `root/${own}/own`)
      const refused = [
        ['ls', `${user}/${other}`],
        ['cat', `${user}/${other}/foreign`],
        ['cp', join(dir, 'one'), `${user}/${other}/own`],
        ['rm', `${user}/${other}/foreign`],
        ['rm', `--version-id=${version?.versionId}`, `${user}/${own}/own`],
        ['undo', `${user}/${own}/own`],
        ['mb', `${user}/new-bucket`],
        ['version', 'suspend', `${user}/${own}`],
        ['ilm', 'rule', 'remove', '--all', '--force', `${user}/${own}`],
        ['admin', 'user', 'list', user],
      ]
      for (const args of refused) await expect(mc(...args)).rejects.toThrow(/Access Denied|Insufficient permissions/)
      expect(await mc('cat', `root/${other}/foreign`)).toBe('one')
      expect(await mc('cat', `${user}/${own}/own`)).toBe('one')
    })

    test('is idempotent, updates the keys of the users, and logs no secret', async () => {
      await put('application', `${files}/stays`)
      const state = async () => ({
        buckets: await mc('ls', '--json', 'root'),
        lifecycle: await mc('ilm', 'export', `root/${files}`),
        users: (await mc('admin', 'user', 'list', 'root')).split('\n').toSorted(),
      })
      const before = await state()
      const rotated = { ...users, 'backup-secret-key': 'another-secret-of-24-char' }
      succeeded(await runJob({ volumes: { users: rotated } }))
      await expect(mc('ls', `backup/${backups}`)).rejects.toThrow('signature')
      const again = await runJob()
      succeeded(again)
      await mc('ls', `backup/${backups}`)
      expect(await state()).toEqual(before)
      expect(await mc('cat', `application/${files}/stays`)).toBe('one')
      expect(again.output).toContain(`bucket ${files} is there (versions)`)
      for (const secret of [minio.rootPassword, ...Object.values(users)]) expect(again.output).not.toContain(secret)
    })

    test.each([
      [
        'a root password of another day',
        () => ({ volumes: { root: rootConfig('of-another-day') } }),
        /https.*: no success within 1 s: .*signature/s,
      ],
      [
        'a certificate that the cluster did not sign',
        () => ({ volumes: { authority: {} } }),
        /no success within 1 s: .*unknown authority/s,
      ],
      [
        'a Secret without a key',
        () => ({ volumes: { users: {} } }),
        /the Secret minio-users has no value for the key application-access-key/,
      ],
      [
        'a key that no URL can hold',
        () => ({ volumes: { users: { ...users, 'backup-secret-key': 'with a@sign' } } }),
        /the key backup-secret-key of the Secret minio-users may have only/,
      ],
      [
        'a configuration without the root user',
        () => ({ volumes: { root: { 'config.env': '' } } }),
        /MINIO_ROOT_USER: is not set by/,
      ],
    ])('fails with %s, and says why', async (_, differs, why) => {
      const { code, output } = await runJob({ ...differs(), env: FAST_FAILURE })
      expect(code).not.toBe(0)
      expect(output).toMatch(why)
    })

    test('gives up on a server that does not answer', async () => {
      const port = await freePort()
      const { code, output } = await runJob({ env: { ...FAST_FAILURE, ENDPOINT: `https://127.0.0.1:${port}` } })
      expect(code).not.toBe(0)
      expect(output).toMatch(/no success within 1 s: .*(connection refused|timed out)/s)
    })

    test('the metrics of the Tenant need no token', async () => {
      const [response] = await once(
        request(`${minio.url}/minio/v2/metrics/cluster`, { ca: authority.certificate }).end(),
        'response',
      )
      response.resume()
      expect(response.statusCode).toBe(200)
    })

    describe('in an external S3', () => {
      const external = (buckets: ExternalValues['buckets']): Environment =>
        withExternalStorage(staging, {
          kind: 'external',
          namespace: 'chat-app-storage',
          clientImage: 'quay.io/minio/mc:1',
          endpoint: 'https://s3.example.com',
          region: 'us-east-1',
          usersSecret: 'storage-users',
          buckets,
        })
      const runExternal = async (buckets: ExternalValues['buckets']) => {
        const owner = { 'owner-access-key': minio.rootUser, 'owner-secret-key': minio.rootPassword }
        const trusted = join(dir, 'ca.crt')
        await writeFile(trusted, authority.certificate)
        const differs = { volumes: { users: owner }, env: { SSL_CERT_FILE: trusted } }
        succeeded(await runJob(differs, activeCluster(external(buckets))))
      }

      test('creates the buckets, even when the server rejects the rule for unfinished uploads', async () => {
        await runExternal({ files: 'elsewhere-files', oldVersionsDays: 30 })
        const { Rules } = JSON.parse(await mc('ilm', 'export', 'root/elsewhere-files'))
        expect(Rules).toEqual([expect.objectContaining({ NoncurrentVersionExpiration: { NoncurrentDays: 30 } })])
      })

      test('does not enable versioning when the values do not', async () => {
        await runExternal({ files: 'plain-files' })
        expect(await mc('version', 'info', 'root/plain-files')).toContain('un-versioned')
      })
    })
  },
)
