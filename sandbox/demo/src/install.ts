import type { Environment } from '@chat-app/platform'
import { synth } from '@chat-app/synth'
import { local } from '@chat-app/environments'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import type { Progress } from '@chat-app/sandbox-machine'
import { established, type Kubectl, reportChanges, inFull, inShort, podTroubles, type Trouble } from '@chat-app/kubectl'
import { applyOwn, type Labelled } from './objects.ts'
import type { DemoImages } from './target.ts'

const EXAMPLE = resolve(import.meta.dirname, '..', '..', '..', 'examples', 'chatapp.yaml')
/** Files of the environment `local` that the demo treats differently from the others. */
const SECRETS_FILE = '25-secrets.yaml'
const CHAT_APP_FILE = '90-chatapp.yaml'
const SECRETS_TIMEOUT_SECONDS = 120
const DATA_TIMEOUT_SECONDS = 240
const READY_TIMEOUT_SECONDS = 240
const POLL_INTERVAL_MS = 2000

/** Applies what a pipeline applies before the ChatApp: namespaces, the CRD, the operator, Secrets, MariaDB and Redis. */
export async function installPlatform(kubectl: Kubectl, images: DemoImages, onProgress: Progress): Promise<void> {
  const files = rendered(images)
  onProgress(`applying ${[...files.keys()].join(', ')}`)
  const objects = (isWanted: (file: string) => boolean) =>
    [...files].flatMap(([file, found]) => (isWanted(file) ? found : []))
  await applyOwn(
    kubectl,
    objects((file) => file <= SECRETS_FILE),
  )
  // A pod whose Secrets are missing retries only after a delay, so the other objects are applied after the Secrets
  // exist.
  await secretsReady(kubectl, onProgress)
  await applyOwn(
    kubectl,
    objects((file) => file > SECRETS_FILE),
  )
  await established(kubectl, ['crd/chatapps.chat-app.com'], 30)
}

async function secretsReady(kubectl: Kubectl, onProgress: Progress): Promise<void> {
  const selector = ['-n', 'chat-app-system', 'job', '-l', 'app.kubernetes.io/name=generate-secrets']
  await waitForAll(
    kubectl,
    onProgress,
    new Map([['the Secrets', ['wait', ...selector, '--for=condition=Complete']]]),
    SECRETS_TIMEOUT_SECONDS,
  )
}

/**
 * Waits until what `installPlatform` applied is ready. Reports what is not ready and which pods have errors.
 *
 * @throws Error with the errors of the pods after 4 minutes
 */
export async function platformReady(kubectl: Kubectl, onProgress: Progress): Promise<void> {
  const waiting = new Map([
    ['the operator', ['rollout', 'status', '-n', 'chat-app-system', 'deployment']],
    ['MariaDB', ['rollout', 'status', '-n', 'chat-app-db', 'statefulset/mariadb']],
    [
      'the Redis Cluster',
      ['wait', '-n', 'chat-app-db', 'job', '-l', 'app.kubernetes.io/name=redis-join', '--for=condition=Complete'],
    ],
  ])
  await waitForAll(kubectl, onProgress, waiting, DATA_TIMEOUT_SECONDS)
}

/**
 * Runs kubectl commands that wait, and reports the names of those that have not ended.
 *
 * @param waiting arguments of kubectl by the name of what they wait for; entries are removed when they end
 * @throws Error with the errors of the pods after `seconds`
 */
async function waitForAll(
  kubectl: Kubectl,
  onProgress: Progress,
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
    await reportChanges(Promise.all(waits), look, onProgress, POLL_INTERVAL_MS)
  } catch (error) {
    const found = await troubles(kubectl).catch(() => [])
    throw new Error([(error as Error).message, ...inFull(found)].join('\n'), { cause: error })
  }
}

/**
 * Applies `examples/chatapp.yaml` and waits for the condition Ready. Reports the reason and the message of the
 * condition.
 *
 * @throws Error with them after 4 minutes
 */
export async function installChatApp(kubectl: Kubectl, images: DemoImages, onProgress: Progress): Promise<void> {
  const chatApp = parse(readFileSync(EXAMPLE, 'utf8')) as Labelled & { spec: Record<string, unknown> }
  const spec = { ...chatApp.spec, images: { registry: images.registry } }
  await applyOwn(kubectl, [{ ...chatApp, spec }])
  const ready = ['wait', '-n', 'chat-app', 'chatapp/chat-app', '--for=condition=Ready']
  const look = (): Promise<string> => readyReason(kubectl)
  try {
    await reportChanges(kubectlWait(kubectl, ready, READY_TIMEOUT_SECONDS), look, onProgress, POLL_INTERVAL_MS)
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

/** Runs a kubectl command that waits, with `--timeout`. */
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

/** The demo applies no cluster-wide roles and admission policies, because the cluster may be the user's. */
function isAppliedByDemo({ kind, metadata }: Labelled): boolean {
  return kind === 'Namespace' || kind === 'CustomResourceDefinition' || metadata.namespace !== undefined
}

function withImages(environment: typeof local, images: DemoImages): Environment {
  const { operator, database, redis } = environment
  return {
    ...environment,
    operator: { ...operator, registry: images.registry },
    database: { ...database, image: images.mariadb },
    redis: { ...redis, image: images.redis },
  }
}
