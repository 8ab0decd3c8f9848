import { ChatAppSpec, crd, type ChatAppSpecInput } from '@chat-app/crds'
import { refusedCases, sixLines } from '@chat-app/crds/chatapp.cases.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundleLayer } from './bundle.ts'
import { unannotated } from './without-annotations.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')

const url = { secretKeyRef: { name: 'other', key: 'url' } }
const pods = {
  replicas: 7,
  autoscaling: { minReplicas: 2, maxReplicas: 9, target: { cpuUtilizationPercent: 50 } },
  resources: { requests: { cpu: '1', memory: 1024 }, limits: { cpu: 2, memory: '2Gi' } },
  podTemplate: {
    metadata: { labels: { team: 'chat' }, annotations: { a: 'b' } },
    spec: { nodeSelector: { disk: 'ssd' } },
  },
}

/** A spec with values other than the defaults. */
const full: ChatAppSpecInput = {
  ...sixLines,
  images: { registry: 'registry.example.com:5000/chat', pullPolicy: 'Always', pullSecrets: [{ name: 'pull' }] },
  api: pods,
  websocket: { ...pods, drain: { periodSeconds: 30 } },
  database: { url, tls: { caSecretRef: { name: 'ca' } }, clusterRef: { kind: 'PerconaXtraDBCluster', name: 'db' } },
  redis: { url, broadcast: { url }, clusterRef: { kind: 'RedisCluster', name: 'redis', namespace: 'redis' } },
  auth: { jwt: { previous: url } },
  migrations: { timeoutSeconds: 60, podTemplate: pods.podTemplate },
  rollout: {
    progressDeadlineSeconds: 60,
    operatorUpdates: 'Auto',
    schedule: [{ days: ['Sat', 'Sun'], start: '02:30', durationMinutes: 90, timeZone: 'America/New_York' }],
  },
  monitoring: { mode: 'Disabled' },
  networkPolicy: { mode: 'Enabled' },
  paused: true,
  hibernated: true,
}

describe('the ChatApp schema in a bundle', () => {
  let code: string
  let bundled: typeof ChatAppSpec

  beforeAll(async () => {
    const entries = await (await bundleLayer(CHECKOUT, { entry: 'crds/chatapp.ts' })).entries()
    const main = entries.find(({ path }) => path === 'app/main.js')
    code = main?.type === 'file' && Buffer.isBuffer(main.content) ? main.content.toString() : ''
    const folder = mkdtempSync(join(tmpdir(), 'schema-'))
    const file = join(folder, 'main.mjs')
    writeFileSync(file, code)
    bundled = ((await import(/* @vite-ignore */ pathToFileURL(file).href)) as { ChatAppSpec: typeof ChatAppSpec })
      .ChatAppSpec
    rmSync(folder, { recursive: true })
  })

  test.each([{ what: 'the shortest spec', spec: sixLines }, { what: 'a full spec', spec: full }, ...refusedCases])(
    'answers $what as the schema does',
    ({ spec }) => {
      expect(answer(bundled, spec)).toEqual(answer(ChatAppSpec, spec))
    },
  )

  test('has no CEL', () => {
    expect(code).not.toContain('self.matches')
    expect(code).not.toContain('(it is')
  })

  test('has no descriptions and no keywords of the CRD', () => {
    expect(bundled.meta()).toBeUndefined()
    const schema = JSON.stringify(crd().spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec'])
    // Each description that is a literal without quotes in the schema's source; a default is added to some.
    const texts = [...schema.matchAll(/"description":"([^"\\]+?)(?: Default: [^"]*)?"/g)].map(([, text = '']) => text)
    expect(texts).toContain('Where the images come from.')
    expect(texts.filter((text) => code.includes(text))).toEqual([])
  })
})

test.each([
  ["z.string().describe('a').optional()", 'z.string().optional()'],
  [
    "z.object({ a: z.int().describe('a') }).meta({ b: text('c').describe(d) }).prefault({})",
    'z.object({ a: z.int() }).prefault({})',
  ],
  ["z.string().meta({ a: 1 }).describe('b')", 'z.string()'],
  ["z.string().describe(\n  // Why.\n  'a',\n)", 'z.string()'],
  [
    '({ rule: `${a}`, message, messageExpression: "b", holds: (self) => self })',
    '({ message, holds: (self) => self })',
  ],
  ['({ rule, message })', '({ rule, message })'],
  ['schema.meta()?.description', 'schema.meta()?.description'],
  ["describe('a', '.describe(b)')", "describe('a', '.describe(b)')"],
])('of %j remains %j', (module, rest) => {
  expect(unannotated(module)).toBe(rest)
})

function answer(schema: typeof ChatAppSpec, spec: unknown) {
  const { data, error } = schema.safeParse(spec)
  return { data, issues: error?.issues }
}
