import { describe, expect, test } from 'vitest'
import { applied, chatApp, clustersOf, manifests } from '@chat-app/platform'
import { dev, environments, local } from '@chat-app/environments'
import { readable } from './changes.ts'
import { clusterOf } from './cluster.ts'
import { foundations } from './files.ts'
import { resourceOf } from './names.ts'
import { optionsOf } from './options.ts'
import { assertKindsServed, kindOf } from './preflight.ts'
import { reviewOf } from './review.ts'
import { deployedVersion } from './version.ts'

const released = { version: '1.2.3', registry: 'registry.example.com/chat-app' }

describe('the options', () => {
  test('are read; an empty value counts as not given, as an unset variable of a pipeline is empty', () => {
    expect(optionsOf(['--env', 'staging', '--context', '', '--timeout', '60', '--dry-run'])).toEqual({
      env: 'staging',
      accept: [],
      timeoutSeconds: 60,
      isDryRun: true,
    })
    expect(optionsOf(['--env', 'dev', '--accept', 'older-version,foreign-fields']).accept).toEqual([
      'older-version',
      'foreign-fields',
    ])
    expect(optionsOf(['--env', 'dev', '--version', 'v1.2.3-rc.1', '--registry', 'localhost:5000/chat'])).toMatchObject({
      version: '1.2.3-rc.1',
      registry: 'localhost:5000/chat',
    })
  })

  test.each([
    [[], '--env is missing'],
    [['--env', 'dev', '--timeout', '1h'], '--timeout "1h": must be a number of seconds from 1 to 3600'],
    [['--env', 'dev', '--review', 'MR 12'], '--review "MR 12": must be at most 32 lowercase letters'],
    [['--env', 'dev', '--version', 'latest'], '--version "latest": must be a semantic version such as 1.2.3'],
    [['--env', 'dev', '--registry', 'a b'], '--registry "a b": must be a registry and path such as registry.example'],
    [['--env', 'dev', '--registry', 'https://a/b'], 'without a scheme'],
    [
      ['--env', 'dev', '--accept', 'older-versoin'],
      '--accept: unknown name "older-versoin": did you mean older-version?',
    ],
    [['--env', 'dev', '--env', 'test'], '--env is given twice: leave one out'],
    [['--env', 'dev', '--dry-run', '--dry-run'], '--dry-run is given twice'],
    [['--env', 'dev', '--dry-rn'], '--dry-rn: unknown option; did you mean --dry-run?'],
    [['dev'], 'unexpected argument "dev": an environment is named by --env'],
    [['--env', 'dev', '--force'], '--force: unknown option'],
  ])('%j are refused, with the usage', (args, message) => {
    expect(() => optionsOf(args)).toThrow(message)
    expect(() => optionsOf(args)).toThrow('usage: npm run deploy -- --env NAME')
  })
})

describe('the cluster', () => {
  const folder = (env: string, name?: string): string => clusterOf(environments, env, name, released).folder

  test('is the only one of its environment, or the named one', () => {
    expect(folder('staging')).toBe('staging')
    expect(folder('prod', 'eu-central')).toBe('prod/eu-central')
    expect(folder('prod', 'prod/us-east')).toBe('prod/us-east')
  })

  test('is refused when it is unknown, or missing where there are several, with the valid names', () => {
    expect(() => folder('production')).toThrow(
      `--env: unknown environment "production": did you mean prod? (there are ${environments.map(({ name }) => name).join(', ')})`,
    )
    expect(() => folder('prod')).toThrow('add --cluster, one of prod/eu-central, prod/us-east')
    expect(() => folder('prod', 'asia')).toThrow(
      '--cluster: unknown cluster of prod "prod/asia"; there are prod/eu-central, prod/us-east',
    )
    expect(() => folder('prod', 'us-eats')).toThrow('did you mean prod/us-east?')
  })

  test('runs the release, even one that is older than this checkout', () => {
    const cluster = clusterOf(environments, 'staging', undefined, { ...released, version: '0.0.9' })
    expect(chatApp(cluster).spec.version).toBe('0.0.9')
    expect(JSON.stringify(applied(cluster))).toContain('registry.example.com/chat-app/operator:0.0.9')
  })
})

test('the version is that of --version, else of the tag, of the commit, or of the environments', () => {
  const commit = { CI_COMMIT_SHA: '0123456789abcdef', CI_COMMIT_TIMESTAMP: '2026-01-02T03:04:05Z' }
  expect(deployedVersion('1.2.3', '/nowhere', { ...commit, CI_COMMIT_TAG: 'v2.0.0' })).toBe('1.2.3')
  expect(deployedVersion(undefined, '/nowhere', { ...commit, CI_COMMIT_TAG: 'v1.2.3' })).toBe('1.2.3')
  expect(deployedVersion(undefined, '/nowhere', commit)).toMatch(/-dev\.g01234567$/)
  expect(deployedVersion(undefined, '/nowhere', {})).toBe(local.chatApp.spec.version)
  expect(() => deployedVersion(undefined, '/nowhere', { ...commit, CI_COMMIT_TAG: 'latest' })).toThrow('"latest"')
})

test.each([
  ['staging', 'ExternalSecret'],
  ['dev', 'Job'],
])('in %s each %s that makes credentials must be ready before a later file is applied', (env, maker) => {
  const cluster = clusterOf(environments, env, undefined, released)
  const { objects = [] } = manifests(cluster).find(({ path }) => path === '25-secrets.yaml') ?? {}
  const makers = objects.filter(({ kind }) => kind === maker)
  expect(makers).not.toEqual([])
  expect(foundations(objects, cluster)).toEqual(expect.arrayContaining(makers))
})

describe('a review', () => {
  test('is another ChatApp beside that of dev, at other hosts', () => {
    const [cluster] = clustersOf(reviewOf(dev, 'mr-12'))
    const { metadata, spec } = chatApp(cluster as NonNullable<typeof cluster>)
    expect(metadata).toMatchObject({ name: 'review-mr-12', namespace: dev.chatApp.namespace })
    expect(spec.exposure?.hosts).toEqual({ api: 'api-mr-12.dev.chat-app.com', websocket: 'ws-mr-12.dev.chat-app.com' })
  })

  test('of an environment without hosts has no hosts', () =>
    expect(reviewOf(local, 'x').chatApp).toEqual({ ...local.chatApp, name: 'review-x' }))
})

describe('before anything is changed', () => {
  const cluster = clusterOf(environments, 'prod', 'eu-central', released)
  const objects = applied(cluster)
  const kinds = [...new Set(objects.map(kindOf))]
  const check = (served: readonly string[]) => () =>
    assertKindsServed({ namespaces: new Set(), kinds: new Set(served) }, objects)

  test('kinds that neither the cluster nor the bundle defines are named', () => {
    const served = kinds.filter((kind) => !/^(PerconaXtraDBCluster|ChatApp) /.test(kind))
    expect(check(served)).toThrow(
      'The cluster does not serve PerconaXtraDBCluster (pxc.percona.com/v1). Install the operators of these kinds first',
    )
  })

  test('the kinds that the bundle defines are accepted', () =>
    expect(check(kinds.filter((kind) => !kind.startsWith('ChatApp ')))).not.toThrow())

  test("kubectl's diff is shown by object: new objects by name, others by lines", () => {
    const diff = [
      'diff -u -N /tmp/LIVE-1/apps.v1.Deployment.chat-app-system.chat-app-operator /tmp/MERGED-2/apps',
      '--- /tmp/LIVE-1/apps.v1.Deployment.chat-app-system.chat-app-operator\t2026-01-01',
      '+++ /tmp/MERGED-2/apps.v1.Deployment.chat-app-system.chat-app-operator\t2026-01-01',
      '@@ -1,3 +1,3 @@',
      '-  generation: 1',
      '+  generation: 2',
      '-  replicas: 1',
      '+  replicas: 2',
      'diff -u -N /tmp/LIVE-1/policy.v1.Kind.. /tmp/MERGED-2/x',
      '--- /tmp/LIVE-1/rbac.authorization.k8s.io.v1.ClusterRole..chat-app-viewer\t2026-01-01',
      '+++ /tmp/MERGED-2/x\t2026-01-01',
      '@@ -0,0 +1,2 @@',
      '+apiVersion: v1',
      'diff -u -N /tmp/LIVE-1/a /tmp/MERGED-2/a',
      '--- /tmp/LIVE-1/networking.k8s.io.v1.NetworkPolicy.chat-app.platform-dns\t2026-01-01',
      '+++ /tmp/MERGED-2/a\t2026-01-01',
      '@@ -6,1 +6,1 @@',
      '   labels:',
      '-  generation: 1',
      '+  generation: 2',
      '',
    ].join('\n')
    expect(readable(diff)).toEqual([
      'Deployment chat-app-system/chat-app-operator:',
      '  -  replicas: 1',
      '  +  replicas: 2',
      'new  ClusterRole chat-app-viewer',
    ])
  })
})

test('the names for kubectl have the kind, version and group', () => {
  expect(resourceOf({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } })).toBe('Service/a')
  expect(resourceOf({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } })).toBe(
    'Deployment.v1.apps/a',
  )
})
