import { kubectlResults, type Kubectl } from '@chat-app/kubectl'
import { describe, expect, inject } from 'vitest'
import type { KubernetesObject } from '@chat-app/chat'
import { test } from '@chat-app/sandbox-cluster/testing'
import type { Cli } from './cli.ts'
import { deploy, type Plan } from './deploy.ts'
import { documents } from './names.ts'
import type { Acceptable } from './objections.ts'
import { readRecord, recordEnd } from './record.ts'

const release = { environment: 'staging', version: '1.2.0' }
const noteApplied = async (run: Kubectl, namespace: string, objects: readonly KubernetesObject[]) =>
  recordEnd(run, namespace, release, objects, (await readRecord(run, namespace))?.objects ?? [])

test('an object that left the bundle is named as long as it exists, and is not deleted', async ({ run, namespace }) => {
  const settings = (name: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: {},
  })
  const [kept, left] = [settings('kept'), settings('left')]
  await run(['apply', '-f', '-'], { input: documents([kept, left]) })
  expect(await noteApplied(run, namespace, [kept, left])).toEqual([])

  const entry = `${namespace}/ConfigMap/left`
  expect(await noteApplied(run, namespace, [kept])).toEqual([entry])
  expect(await noteApplied(run, namespace, [kept])).toEqual([entry])

  const silent: typeof run = (args, options) =>
    run(args.includes('ConfigMap/left') ? [...args, '--server', 'https://127.0.0.1:1'] : args, options)
  await expect(noteApplied(silent, namespace, [kept])).rejects.toThrow('127.0.0.1:1')
  expect(await noteApplied(run, namespace, [kept])).toEqual([entry])

  await run(['--namespace', namespace, 'delete', 'configmap', 'left'])
  expect(await noteApplied(run, namespace, [kept])).toEqual([])
})

test('an object of a kind that the cluster no longer serves counts as gone', async ({ run, namespace }) => {
  const metadata = { name: 'old', namespace }
  await noteApplied(run, namespace, [{ apiVersion: 'gone.example.com/v1', kind: 'Gone', metadata }])
  expect(await noteApplied(run, namespace, [])).toEqual([])
})

describe('a deployment', () => {
  const results = kubectlResults({ binary: inject('kubectl'), kubeconfig: inject('kubeconfig') })
  const cli: Cli = (args, input) => results(args, { input })
  const settings = (namespace: string, name: string, data: object = { a: '1' }): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data,
  })
  /** The comparison takes it for a new object, and applying it fails. */
  const refused = (namespace: string) => settings(`${namespace}-none`, 'refused')

  /** Deploys the objects, each in a file of its own; returns what was printed. */
  async function deployed(
    run: Kubectl,
    namespace: string,
    objects: readonly KubernetesObject[],
    { accept = [], ...more }: Partial<Plan> & { readonly accept?: readonly Acceptable[] } = {},
  ): Promise<string> {
    const printed: string[] = []
    await deploy({
      kubectl: run,
      cli,
      release,
      namespace,
      files: objects.map((object, index) => ({ path: `${index}.yaml`, objects: [object] })),
      foundations: () => [],
      isReview: false,
      isDryRun: false,
      accept,
      timeoutSeconds: 30,
      steps: { next: () => {}, print: (line) => void printed.push(line) },
      ...more,
    })
    return printed.join('\n')
  }

  test('that is broken off is recorded as such, and the next one says so and ends it', async ({ run, namespace }) => {
    const [one, two] = [settings(namespace, 'one'), settings(namespace, 'two')]
    await expect(deployed(run, namespace, [one, refused(namespace), two])).rejects.toThrow('1.yaml: ')
    const broken = await readRecord(run, namespace)
    expect(broken).toMatchObject({ ...release, state: 'deploying' })
    expect(broken?.objects).toEqual(
      expect.arrayContaining([`${namespace}/ConfigMap/one`, `${namespace}/ConfigMap/two`]),
    )

    const said = await deployed(run, namespace, [one, two])
    expect(said).toContain(`the deployment of staging 1.2.0, which began at ${broken?.writtenAt}, was broken off`)
    expect(await readRecord(run, namespace)).toMatchObject({
      ...release,
      state: 'deployed',
      objects: [`${namespace}/ConfigMap/one`, `${namespace}/ConfigMap/two`],
    })
    expect(await deployed(run, namespace, [one, two])).toContain('nothing changes')
  })

  test('of another environment or an older version is refused, by name, until it is accepted', async ({
    run,
    namespace,
  }) => {
    const object = settings(namespace, 'one')
    const production = { environment: 'prod/eu-central', version: '1.1.0' }
    await deployed(run, namespace, [object])
    const before = await readRecord(run, namespace)
    const refused = [
      'refused, and nothing was changed:',
      '  the cluster holds staging 1.2.0, and this is prod/eu-central',
      '  the cluster has version 1.2.0, and 1.1.0 is older',
      'Check --env, --cluster and --context first. To deploy all the same: --accept other-environment,older-version',
    ].join('\n')
    const changed = { ...object, data: { a: '2' } }
    await expect(deployed(run, namespace, [changed], { release: production })).rejects.toThrow(refused)
    await expect(deployed(run, namespace, [changed], { release: production, isDryRun: true })).rejects.toThrow(refused)
    await expect(
      deployed(run, namespace, [changed], { release: production, accept: ['older-version'] }),
    ).rejects.toThrow('the cluster holds staging 1.2.0')
    expect(await readRecord(run, namespace)).toEqual(before)

    await deployed(run, namespace, [changed], { release: production, accept: ['older-version', 'other-environment'] })
    expect(await readRecord(run, namespace)).toMatchObject({ ...production, state: 'deployed' })
  })

  test('refuses a cluster with its objects and no record, and a record without an environment', async ({
    run,
    namespace,
  }) => {
    const object = settings(namespace, 'one')
    await run(['apply', '--server-side', '--field-manager=hand', '-f', '-'], { input: documents([object]) })
    await expect(deployed(run, namespace, [object])).rejects.toThrow(
      `this object exists, and no deployment has recorded it: \n    ConfigMap ${namespace}/one (written by hand)`,
    )
    await deployed(run, namespace, [object], { accept: ['existing-objects'] })

    const old = settings(namespace, 'chat-app-deployed', { objects: `${namespace}/ConfigMap/one` })
    await run(['replace', '-f', '-'], { input: documents([old]) })
    await expect(deployed(run, namespace, [object])).rejects.toThrow(
      'the record of the cluster does not name its environment',
    )
    await deployed(run, namespace, [object], { accept: ['other-environment'] })
    expect(await readRecord(run, namespace)).toMatchObject(release)
  })

  test('refuses to set back the fields of another owner, and names both', async ({ run, namespace }) => {
    const [one, two] = [settings(namespace, 'one', { a: '1', b: '1' }), settings(namespace, 'two')]
    await deployed(run, namespace, [one, two])
    const patch = ['patch', 'configmap', 'one', '-n', namespace, '--type=merge', '--field-manager=somebody']
    await run([...patch, '-p', '{"data":{"a":"2","b":"3"}}'])
    await expect(deployed(run, namespace, [one, two])).rejects.toThrow(
      new RegExp(
        `ConfigMap ${namespace}/one: conflicts with "somebody" using v1: \\.data\\.a \\.data\\.b\\n.*--accept foreign-fields`,
      ),
    )
    expect(await run(['get', 'configmap', 'one', '-n', namespace, '-o', 'jsonpath={.data.a}'])).toBe('2')
    await deployed(run, namespace, [one, two], { accept: ['foreign-fields'] })
    expect(await run(['get', 'configmap', 'one', '-n', namespace, '-o', 'jsonpath={.data.a}'])).toBe('1')
  })

  test('of a review writes no record, and is refused where another environment is', async ({ run, namespace }) => {
    await deployed(run, namespace, [settings(namespace, 'one')])
    const before = await readRecord(run, namespace)
    const review = [settings(namespace, 'review')]
    await deployed(run, namespace, review, { isReview: true, release: { ...release, version: '1.1.0' } })
    await deployed(run, namespace, review, { isReview: true })
    expect(await readRecord(run, namespace)).toEqual(before)
    const elsewhere = { ...release, environment: 'dev' }
    await expect(deployed(run, namespace, review, { isReview: true, release: elsewhere })).rejects.toThrow(
      'the cluster holds staging 1.2.0, and this is dev',
    )
  })
})
