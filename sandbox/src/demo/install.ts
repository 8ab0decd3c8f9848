import type { Environment } from '@chat-app/charts'
import { synth } from '@chat-app/charts/synth'
import { local } from '@chat-app/environments'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, parseAllDocuments } from 'yaml'
import type { Kubectl } from '../kubectl.ts'
import { credentials } from './credentials.ts'
import { applyOwn } from './objects.ts'
import type { Labelled } from './objects.ts'
import type { DemoImages } from './target.ts'

type Say = (text: string) => void

const example = resolve(import.meta.dirname, '../../../examples/chatapp.yaml')
/** Files of the environment `local` with a part of their own to play. */
const namespacesFile = '00-namespaces.yaml'
const chatAppFile = '90-chatapp.yaml'
const dataDeadlineSeconds = 240
const readyDeadlineSeconds = 240

/** Namespaces, Secrets, the CRD, the operator, MariaDB and Redis: what a pipeline would apply before the ChatApp. */
export async function installPlatform(kubectl: Kubectl, images: DemoImages, say: Say): Promise<void> {
  const files = rendered(images)
  for (const [name, objects] of files) {
    say(name)
    await applyOwn(kubectl, objects)
    // What stands in the files after the namespaces reads them.
    if (name === namespacesFile) await applyOwn(kubectl, credentials())
  }
  await kubectl(['wait', '--for=condition=Established', 'crd/chatapps.chat-app.com', '--timeout=30s'])
}

/** Waits for what `installPlatform` applied, and says what is still missing. */
export async function platformReady(kubectl: Kubectl, say: Say): Promise<void> {
  const waits: readonly (readonly string[])[] = [
    ['rollout', 'status', '-n', 'chat-app-system', 'deployment'],
    ['rollout', 'status', '-n', 'chat-app-db', 'statefulset/mariadb'],
    ['wait', '-n', 'chat-app-db', 'job/redis-join', '--for=condition=Complete'],
  ]
  const waiting = new Set(['the operator', 'MariaDB', 'the Redis Cluster'])
  const names = [...waiting]
  say(`waiting for ${names.join(', ')}`)
  await Promise.all(
    waits.map(async (args, i) => {
      await kubectl([...args, `--timeout=${dataDeadlineSeconds}s`], { timeoutMs: dataDeadlineSeconds * 1000 + 10_000 })
      waiting.delete(names[i] ?? '')
      say(`waiting for ${[...waiting].join(', ')}`)
    }),
  )
}

/** Applies `examples/chatapp.yaml` and waits for the condition Ready; while it waits it says the reason the operator gives. */
export async function installChatApp(kubectl: Kubectl, images: DemoImages, say: Say): Promise<void> {
  const chatApp = parse(readFileSync(example, 'utf8')) as Labelled & { spec: Record<string, unknown> }
  const spec = { ...chatApp.spec, images: { registry: images.registry } }
  await applyOwn(kubectl, [{ ...chatApp, spec }])
  const stop = new AbortController()
  const telling = tellReason(kubectl, say, stop.signal)
  try {
    await kubectl(
      ['wait', '-n', 'chat-app', 'chatapp/chat-app', '--for=condition=Ready', `--timeout=${readyDeadlineSeconds}s`],
      {
        timeoutMs: readyDeadlineSeconds * 1000 + 10_000,
      },
    )
  } finally {
    stop.abort()
    await telling
  }
}

async function tellReason(kubectl: Kubectl, say: Say, signal: AbortSignal): Promise<void> {
  const path = `jsonpath={range .status.conditions[?(@.type=='Ready')]}{.reason}: {.message}{end}`
  while (!signal.aborted) {
    const reason = await kubectl(['get', '-n', 'chat-app', 'chatapp/chat-app', '-o', path]).catch(() => '')
    if (reason !== '' && !signal.aborted) say(reason)
    await sleep(500, undefined, { signal }).catch(() => {})
  }
}

function rendered(images: DemoImages): Map<string, Labelled[]> {
  const folder = mkdtempSync(join(tmpdir(), 'chat-app-demo-'))
  try {
    synth([withImages(local, images)], folder)
    const names = readdirSync(join(folder, 'local')).filter((name) => name.endsWith('.yaml') && name !== chatAppFile)
    return new Map(names.sort().map((name) => [name, documents(join(folder, 'local', name))]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function documents(file: string): Labelled[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Labelled)
}

function withImages(environment: Environment, images: DemoImages): Environment {
  const { operator, database, redis } = environment
  return {
    ...environment,
    operator: { ...operator, image: `${images.registry}/operator:${operator.version}` },
    database: { ...database, image: images.mariadb },
    redis: { ...redis, image: images.redis },
  }
}
