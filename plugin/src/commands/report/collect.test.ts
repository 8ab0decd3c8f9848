import { expect, test } from 'vitest'
import type { Cluster } from '../../cluster/cluster.ts'
import { collect } from './collect.ts'

const PASSWORD = 'CANARY"päss&1'
const URL_VALUE = `mysql://chat:${encodeURIComponent(PASSWORD)}@db/chat`
const FORMER = 'CANARYformer'
const BINARY = Buffer.from([0xff, 0xfe, 0x80, 0x81, 0x82, 0x83]).toString('base64')
const base64 = (text: string) => Buffer.from(text).toString('base64')
const metadata = (name: string, owner = 'uid-chat-app') => ({
  name,
  namespace: 'here',
  uid: `uid-${name}`,
  ownerReferences: [{ uid: owner }],
})

const secrets: Readonly<Record<string, object>> = {
  db: { url: base64(URL_VALUE), username: base64('chat-app') },
  former: { key: base64(FORMER), binary: BINARY },
}
const chatApp = {
  kind: 'ChatApp',
  metadata: metadata('chat-app'),
  spec: { database: { url: { secretKeyRef: { name: 'db', key: 'url' } } } },
}
const container = { name: 'api', ports: [{ name: 'metrics', containerPort: 9 }], env: [{ name: 'A', value: PASSWORD }] }
const pod = {
  kind: 'Pod',
  metadata: { ...metadata('chat-app-api-1'), annotations: { note: URL_VALUE } },
  spec: { containers: [container] },
  status: { phase: 'Running', containerStatuses: [{ name: 'api', restartCount: 1 }] },
}
const record = {
  kind: 'ControllerRevision',
  metadata: metadata('chat-app-2'),
  revision: 2,
  data: { templates: { api: { spec: { volumes: [{ secret: { secretName: 'former' } }], containers: [container] } } } },
}
const event = (name: string, note: string) => ({ metadata: { creationTimestamp: 'then' }, regarding: { name }, note })
const events = [event('chat-app', `no login: ${PASSWORD}`), event('other-app', 'not of this ChatApp')]
const log = [PASSWORD, JSON.stringify({ msg: PASSWORD }), base64(PASSWORD), URL_VALUE, FORMER, BINARY, 'kept'].join(
  '\n',
)

/** What kubectl says, with a canary everywhere. */
const cluster: Cluster = {
  kubectl: async () => '',
  inNamespace: [],
  results: async (args) => {
    const line = args.join(' ')
    const out = (value: unknown) => ({ code: 0, out: JSON.stringify(value), err: '' })
    if (args[0] === 'logs' && args.includes('--previous')) return { code: 1, out: '', err: `error: ${FORMER} is gone` }
    if (args[0] === 'logs') return { code: 0, out: log, err: '' }
    if (args[1] === '--raw') return { code: 0, out: `chat_connections{a=${JSON.stringify(PASSWORD)}} 1\n`, err: '' }
    if (args[1]?.startsWith('secret/')) return out({ data: secrets[args[1].slice('secret/'.length)] })
    if (line.startsWith('get chatapps')) return out(chatApp)
    if (line.startsWith('get events')) return out({ items: events })
    if (line.startsWith('get configmaps')) return out({ items: [pod, record] })
    if (line.startsWith('get deployments.apps,pods')) return out({ items: [{ ...pod, note: FORMER }] })
    return out({ items: [], note: PASSWORD })
  },
}

test('no value of a Secret is in any file, wherever it stood, and all else is', async () => {
  const { texts, unread } = await collect(cluster, 'chat-app', new Date())
  const all = [...texts].map(([file, text]) => `${file}\n${text}`).join('\n')
  expect(all).not.toMatch(/CANARY|Q0FOQVJZ|p%C3%A4ss/)
  expect(all).not.toContain(BINARY)
  expect([...texts.keys()]).toEqual(
    expect.arrayContaining(['logs/chat-app-api-1-api.log', 'metrics/chat-app-api-1.txt', 'operator.json', 'crd.json']),
  )
  expect(texts.get('logs/chat-app-api-1-api.log')).toMatch(/kept$/)
  expect(unread).toEqual(['log of pod chat-app-api-1, container api: [redacted] is gone'])
  expect(all).not.toContain('other-app')
  // A user of the database with the name of the ChatApp is no secret, and the report stays readable.
  expect(texts.get('chatapp.json')).toContain('"name": "chat-app"')
  expect(texts.get('README.txt')).toContain('were compared too')
})

test('the report says so when Secrets cannot be read', async () => {
  const results: Cluster['results'] = async (args) =>
    args[1]?.startsWith('secret/')
      ? { code: 1, out: '', err: 'Error from server (Forbidden): no' }
      : cluster.results(args)
  const { texts, unread } = await collect({ ...cluster, results }, 'chat-app', new Date())
  expect(unread).toContain('Secret "db" cannot be read: no')
  expect(texts.get('README.txt')).toContain('Not all Secrets could be read')
})

test('no name that kubectl would take for an option becomes an argument of it', async () => {
  const option = '--kubeconfig=./evil'
  const strange = { ...record, data: { imagePullSecrets: [null, { name: option }], secretName: `../${option}` } }
  const items = [strange, { ...pod, metadata: { ...pod.metadata, name: option } }]
  const asked: string[] = []
  const results: Cluster['results'] = async (args, run) => {
    asked.push(...args)
    const isOwned = args[1]?.startsWith('configmaps') === true
    return isOwned ? { code: 0, out: JSON.stringify({ items }), err: '' } : cluster.results(args, run)
  }
  const { unread } = await collect({ ...cluster, results }, 'chat-app', new Date())
  expect(asked.filter((arg) => arg.includes(option))).toEqual([])
  expect(asked).toContain('secret/db')
  expect(unread).toEqual(['objects with a name that none can have: 1'])
  await expect(collect({ ...cluster, results }, option, new Date())).rejects.toThrow('is no name of a ChatApp')
})
