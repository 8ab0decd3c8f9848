import { operatorInstall, type OperatorValues } from '@chat-app/platform/install'
import { type KubernetesObject } from '@chat-app/chat'
import { crd } from '@chat-app/crds'
import { whyNoTool } from '@chat-app/sandbox-machine'
import { startRegistry } from '@chat-app/sandbox-servers'
import { mkdtemp, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { writeChart } from './chart.ts'
import { Helm } from './testing/helm.ts'

const checkout = resolve(import.meta.dirname, '..', '..', '..')
const version = '1.2.3'
const registry = 'registry.example.com/chat-app'
const why = whyNoTool('helm')

describe.skipIf(why !== undefined)(`the Helm chart${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  let helm: Helm
  let chart: string

  beforeAll(async () => {
    helm = await Helm.start()
    chart = join(helm.folder, await writeChart(helm.folder, checkout, { version, registry }))
  })
  afterAll(() => helm.stop())

  test('passes helm lint without a warning', async () => {
    expect(await helm.run('lint', '--strict', chart)).toContain('1 chart(s) linted, 0 chart(s) failed')
    expect(parse(await helm.run('show', 'chart', chart))).toMatchObject({
      name: 'chat-app-operator',
      version,
      appVersion: version,
      kubeVersion: '>=1.34.0-0',
    })
    for (const part of ['readme', 'values']) expect(await helm.run('show', part, chart)).toContain('clusterNamespaces')
  })

  test('renders the same objects as the platform with its defaults', async () => {
    expect(await rendered()).toEqual(sorted([keptCrd(), ...withoutNamespace(values())]))
  })

  test('renders the same objects as the platform with other values', async () => {
    const set = {
      image: { registry: 'localhost:5000/team', tag: '9.9.9', digest: `sha256:${'a'.repeat(64)}` },
      imagePullSecrets: ['registry-login', 'other'],
      replicas: 3,
      watchNamespaces: ['one', 'two'],
      clusterNamespaces: ['data', 'more-data'],
      resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' } },
      crds: { install: false },
    }
    const { image, crds: _, ...shared } = set
    const expected = { ...values(), ...shared, image: `${image.registry}/operator:${image.tag}@${image.digest}` }
    expect(await rendered('--set-json', JSON.stringify(set))).toEqual(sorted(withoutNamespace(expected)))
  })

  test('is installed into the namespace of its Helm release', async () => {
    const objects = await rendered('--namespace', 'elsewhere')
    expect(objects).toEqual(sorted([keptCrd(), ...withoutNamespace({ ...values(), namespace: 'elsewhere' })]))
  })

  test.each([
    ['an unknown value', { replica: 3 }, "additional properties 'replica' not allowed"],
    ['too few pods', { replicas: 0 }, "at '/replicas': minimum: got 0, want 1"],
    ['no namespace', { watchNamespaces: [] }, "at '/watchNamespaces': minItems: got 0, want 1"],
    ['a namespace twice', { watchNamespaces: ['a', 'a'] }, "at '/watchNamespaces': items at 0 and 1 are equal"],
    ['a wrong name', { watchNamespaces: ['A B'] }, "at '/watchNamespaces/0': 'A B' does not match pattern"],
    ['the tag latest', { image: { tag: 'latest' } }, "at '/image/tag': 'not' failed"],
    [
      'a registry in capitals',
      { image: { registry: 'Team/Chat' } },
      "at '/image/registry': 'Team/Chat' does not match pattern",
    ],
    ['a wrong digest', { image: { digest: 'abc' } }, "at '/image/digest': 'abc' does not match pattern"],
    ['no memory', { resources: { limits: { memory: 'much' } } }, "at '/resources/limits/memory'"],
  ])('refuses %s and says where it is', async (_, set, message) => {
    await expect(rendered('--set-json', JSON.stringify(set))).rejects.toThrow(message)
  })

  test('may be a subchart that gets global values', async () => {
    expect(await rendered('--set-json', '{"global":{"storageClass":"fast"}}')).toHaveLength(
      1 + withoutNamespace(values()).length,
    )
  })

  test('has the same bytes every time', async () => {
    const other = await Helm.start()
    try {
      const again = await writeChart(other.folder, checkout, { version, registry })
      expect(await readFile(join(other.folder, again))).toEqual(await readFile(chart))
    } finally {
      await other.stop()
    }
  })

  test('can be pushed to a registry and installed from it', async () => {
    const server = await startRegistry()
    try {
      const charts = `oci://${server.address}/chat-app/charts`
      await helm.run('push', chart, charts, '--plain-http')
      const from = [`${charts}/chat-app-operator`, '--version', version, '--plain-http']
      const pulled = await mkdtemp(join(helm.folder, 'pulled-'))
      await helm.run('pull', ...from, '--destination', pulled)
      expect(await readFile(join(pulled, basename(chart)))).toEqual(await readFile(chart))
      expect(objectsOf(await helm.run('template', 'x', ...from, '-n', 'chat-app-system'))).toEqual(await rendered())
    } finally {
      await server.stop()
    }
  })

  /** The objects that Helm would install into chat-app-system. */
  async function rendered(...args: string[]): Promise<unknown[]> {
    return objectsOf(await helm.run('template', 'x', chart, '--namespace', 'chat-app-system', ...args))
  }
})

/** The chart's defaults, as `operatorInstall` takes them. */
function values(): OperatorValues {
  return {
    namespace: 'chat-app-system',
    image: `${registry}/operator:${version}`,
    version,
    replicas: 2,
    watchNamespaces: ['chat-app'],
    clusterNamespaces: [],
    resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
  }
}

function withoutNamespace(values: OperatorValues): KubernetesObject[] {
  return operatorInstall(values).filter(({ kind }) => kind !== 'Namespace')
}

function keptCrd(): KubernetesObject {
  const { metadata, ...rest } = crd()
  return { ...rest, metadata: { ...metadata, annotations: { 'helm.sh/resource-policy': 'keep' } } }
}

function objectsOf(text: string): unknown[] {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject | null)
  return sorted(objects.filter((object) => object !== null))
}

/** Helm sorts objects by kind. */
function sorted(objects: readonly KubernetesObject[]): unknown[] {
  const key = ({ kind, metadata }: KubernetesObject) => `${kind} ${metadata.namespace ?? ''} ${metadata.name}`
  return JSON.parse(JSON.stringify(objects.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)))) as unknown[]
}
