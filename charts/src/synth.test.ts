import { environments, local } from '@chat-app/environments'
import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { declaredFacts, desired } from './desired.ts'
import { model } from './model.ts'
import { chatApp } from './platform/bundle.ts'
import { clustersOf } from './platform/cluster.ts'
import { activeCluster } from './testing.ts'
import { choose, synth } from './synth.ts'

const clusters = environments.flatMap(clustersOf)
const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'synth-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('npm run synth', () => {
  const out = join(folder, 'dist')
  const lines = synth(environments, out)

  test('says one line for each environment', () => {
    expect(lines).toHaveLength(5)
    expect(lines[0]).toMatch(/local: 6 files with \d+ objects, and \d+ in preview$/)
  })

  test('gives files names that sort in the order in which they are applied', () => {
    expect(globSync('*.yaml', { cwd: join(out, 'prod') }).sort()).toEqual([
      '00-namespaces.yaml',
      '10-crd.yaml',
      '20-operator.yaml',
      '30-database.yaml',
      '40-redis.yaml',
      '50-storage.yaml',
      '60-monitoring.yaml',
      '90-chatapp.yaml',
    ])
  })

  test('writes the same bytes every time, and the same as cdk8s', () => {
    synth(environments, join(folder, 'again'))
    const cdk8s = ['node_modules/.bin/cdk8s', 'synth', '--check-upgrade=false', '--output', join(folder, 'cdk8s')]
    // cdk8s.yaml starts `node`: this one.
    const PATH = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`
    execFileSync(process.execPath, cdk8s, { cwd: root, env: { ...process.env, PATH }, stdio: 'pipe' })
    expect(contents(join(folder, 'again'))).toEqual(contents(out))
    expect(contents(join(folder, 'cdk8s'))).toEqual(contents(out))
  }, 30_000)

  test.each(clusters.map((cluster) => [cluster.folder, cluster] as const))(
    'previews for %s exactly what the operator will send',
    (name, cluster) => {
      const preview = readFileSync(join(out, name, 'preview/chat-app.yaml'), 'utf8')
      const objects = parseAllDocuments(preview).map((document) => document.toJS() as unknown)
      expect(objects).toEqual(desired(model(chatApp(cluster)), declaredFacts))
    },
  )

  test('has no object of a ChatApp among what is applied', () => {
    for (const { folder } of clusters) {
      const applied = globSync('*.yaml', { cwd: join(out, folder) }).map((file) =>
        readFileSync(join(out, folder, file), 'utf8'),
      )
      expect(applied.join('\n')).not.toContain('app.kubernetes.io/managed-by: chat-app-operator')
    }
  })

  test('leaves the last good files when something cannot be rendered', () => {
    const before = contents(out)
    const broken = { ...local, chatApp: { ...local.chatApp, spec: { version: 'not a tag' } } }
    expect(() => synth([...environments.slice(1), broken], out)).toThrow('must be a release such as 1.4.2')
    expect(contents(out)).toEqual(before)
    expect(globSync('.*', { cwd: folder })).toEqual([])
  })

  test('replaces a folder as a whole', () => {
    writeFileSync(join(out, 'local/old.yaml'), 'old')
    synth([local], out)
    expect(globSync('local/old.yaml', { cwd: out })).toEqual([])
  })
})

describe('its options', () => {
  test('choose environments and the folder', () => {
    const { chosen, out } = choose(['--env', 'prod', '--env', 'local', '--out', 'x'])
    expect(chosen.map(({ name }) => name)).toEqual(['local', 'prod'])
    expect(out).toBe('x')
    expect(choose([]).chosen).toHaveLength(5)
  })

  test('that are unknown are refused with the valid ones', () => {
    expect(() => choose(['--env', 'production'])).toThrow(
      'unknown environment "production"; there are local, dev, test, staging, prod',
    )
    expect(() => choose(['--environment', 'prod'])).toThrow(/--environment[^]*usage: npm run synth \[-- --env NAME\]/)
    expect(() => choose(['prod'])).toThrow('usage')
  })
})

test('the example is the ChatApp of the local environment', () => {
  const example = parse(readFileSync(join(root, 'examples/chatapp.yaml'), 'utf8')) as unknown
  expect(example).toEqual(chatApp(activeCluster(local)))
})

/** Every file below a folder with its content. */
function contents(below: string): Record<string, string> {
  const files = globSync('**/*.yaml', { cwd: below }).sort()
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(below, file), 'utf8')]))
}
