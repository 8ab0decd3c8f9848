import type { Environment } from '@chat-app/platform'
import { synth } from '@chat-app/synth'
import { local } from '@chat-app/environments'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { established, type Kubectl, telling, inFull, inShort, podTroubles, type Trouble } from '@chat-app/kubectl'
import { applyOwn, type Labelled } from './objects.ts'
import type { DemoImages } from './target.ts'

type Say = (text: string) => void

const EXAMPLE = resolve(import.meta.dirname, '..', '..', '..', 'examples', 'chatapp.yaml')
/** Files of the environment `local` with a part of their own to play. */
const SECRETS_FILE = '25-secrets.yaml'
const CHAT_APP_FILE = '90-chatapp.yaml'
const SECRETS_TIMEOUT_SECONDS = 120
const DATA_TIMEOUT_SECONDS = 240
const READY_TIMEOUT_SECONDS = 240
const POLL_INTERVAL_MS = 2000

/** Namespaces, the CRD, the operator, Secrets, MariaDB and Redis: what a pipeline would apply before the ChatApp. */
export async function installPlatform(kubectl: Kubectl, images: DemoImages, onProgress: Say): Promise<void> {
  const files = rendered(images)
  onProgress(`applying ${[...files.keys()].join(', ')}`)
  const objects = (isWanted: (file: string) => boolean) =>
    [...files].flatMap(([file, found]) => (isWanted(file) ? found : []))
  await applyOwn(
    kubectl,
    objects((file) => file <= SECRETS_FILE),
  )
  // A pod whose Secrets are missing looks for them again only after a while, so the others are not begun before.
  await secretsReady(kubectl, onProgress)
  await applyOwn(
    kubectl,
    objects((file) => file > SECRETS_FILE),
  )
  await established(kubectl, ['crd/chatapps.chat-app.com'], 30)
}

async function secretsReady(kubectl: Kubectl, onProgress: Say): Promise<void> {
  const selector = ['-n', 'chat-app-system', 'job', '-l', 'app.kubernetes.io/name=generate-secrets']
  await waitForAll(
    kubectl,
    onProgress,
    new Map([['the Secrets', ['wait', ...selector, '--for=condition=Complete']]]),
    SECRETS_TIMEOUT_SECONDS,
  )
}

/** Waits for what `installPlatform` applied; says what is still missing and which pods cannot run, and throws with it after 4 minutes. */
export async function platformReady(kubectl: Kubectl, onProgress: Say): Promise<void> {
  const waiting = new Map([
    ['the operator', ['rollout', 'status', '-n', 'chat-app-system', 'deployment']],
    ['MariaDB', ['rollout', 'status', '-n', 'chat-app-db', 'statefulset/mariadb']],
    ['the Redis Cluster', ['wait', '-n', 'chat-app-db', 'job/redis-join', '--for=condition=Complete']],
  ])
  await waitForAll(kubectl, onProgress, waiting, DATA_TIMEOUT_SECONDS)
}

/** Waits for all, and says for which still. @throws Error with the troubles of the pods when the time is over */
async function waitForAll(
  kubectl: Kubectl,
  onProgress: Say,
  waiting: Map<string, readonly string[]>,
  seconds: number,
): Promise<void> {
  const waits = [...waiting].map(async ([name, args]) => {
    await kubectlWait(kubectl, args, seconds)
    waiting.delete(name)
  })
  const look = async (): Promise<string> =>
    [`waiting for ${[...waiting.keys()].join(', ')}`, inShort(await troubles(kubectl))].filter(Boolean).join('; ')
  try {
    await telling(Promise.all(waits), look, onProgress, POLL_INTERVAL_MS)
  } catch (error) {
    const found = await troubles(kubectl).catch(() => [])
    throw new Error([(error as Error).message, ...inFull(found)].join('\n'), { cause: error })
  }
}

/** Applies `examples/chatapp.yaml` and waits for the condition Ready; while it waits it says the reason the operator gives. */
export async function installChatApp(kubectl: Kubectl, images: DemoImages, onProgress: Say): Promise<void> {
  const chatApp = parse(readFileSync(EXAMPLE, 'utf8')) as Labelled & { spec: Record<string, unknown> }
  const spec = { ...chatApp.spec, images: { registry: images.registry } }
  await applyOwn(kubectl, [{ ...chatApp, spec }])
  const ready = ['wait', '-n', 'chat-app', 'chatapp/chat-app', '--for=condition=Ready']
  const look = (): Promise<string> => readyReason(kubectl)
  try {
    await telling(kubectlWait(kubectl, ready, READY_TIMEOUT_SECONDS), look, onProgress, POLL_INTERVAL_MS)
  } catch (error) {
    throw new Error([(error as Error).message, await look().catch(() => '')].join('\n').trim(), { cause: error })
  }
}

function readyReason(kubectl: Kubectl): Promise<string> {
  const path = `jsonpath={range .status.conditions[?(@.type=='Ready')]}{.reason}: {.message}{end}`
  return kubectl(['get', '-n', 'chat-app', 'chatapp/chat-app', '-o', path])
}

async function troubles(kubectl: Kubectl): Promise<Trouble[]> {
  const namespaces = ['chat-app-system', 'chat-app-db']
  return (await Promise.all(namespaces.map((namespace) => podTroubles(kubectl, namespace)))).flat()
}

/** A kubectl command that waits by itself. */
async function kubectlWait(kubectl: Kubectl, args: readonly string[], seconds: number): Promise<void> {
  await kubectl([...args, `--timeout=${seconds}s`], { timeoutMs: (seconds + 10) * 1000 })
}

function rendered(images: DemoImages): Map<string, Labelled[]> {
  const folder = mkdtempSync(join(tmpdir(), 'chat-app-demo-'))
  try {
    synth([withImages(local, images)], folder)
    const names = readdirSync(join(folder, 'local')).filter((name) => name.endsWith('.yaml') && name !== CHAT_APP_FILE)
    return new Map(names.sort().map((name) => [name, documents(join(folder, 'local', name))]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function documents(file: string): Labelled[] {
  return parseAllDocuments(readFileSync(file, 'utf8'))
    .map((document) => document.toJS() as Labelled)
    .filter(isAppliedByDemo)
}

/** Roles and admission policies of the whole cluster are no matter of a demo: it may be somebody's. */
function isAppliedByDemo({ kind, metadata }: Labelled): boolean {
  return kind === 'Namespace' || kind === 'CustomResourceDefinition' || metadata.namespace !== undefined
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
