import { PART_OF } from '@chat-app/chat/labels'
import { readChatApp } from '../../cluster/chat-apps.ts'
import { reasonOf, TIMEOUT, type Cluster } from '../../cluster/cluster.ts'
import { isLabel } from '../../cluster/names.ts'
import type { KubeObject, Pod, StoredChatApp } from '../../cluster/objects.ts'
import { ownedBy } from '../../cluster/owned.ts'
import { readPodMetrics } from '../../cluster/pod-metrics.ts'
import { LOGS_SECONDS, MAX_LOG_PODS, MAX_REPORT_EVENTS, REPORT_LOG_CHARACTERS, REPORT_LOG_LINES } from '../../limits.ts'
import { unpainted } from '../../text/paint.ts'
import { plain } from '../../text/plain.ts'
import { PLUGIN_VERSION } from '../../version.ts'
import { renderStatus } from '../status/render.ts'
import { statusReport } from '../status/report.ts'
import { redactor, SHORTEST_CHARACTERS } from './redact.ts'
import { secretValues } from './secrets.ts'

/** The files of a report, all of them redacted. */
export interface Collected {
  readonly namespace: string
  readonly texts: ReadonlyMap<string, string>
  /** What could not be read, and why; it is a file too. */
  readonly unread: readonly string[]
}

/**
 * Collects a report of a ChatApp: resources, events, logs, metrics and versions. What cannot be read is left out, and
 * said.
 *
 * @throws Failure when the ChatApp itself cannot be read
 */
export async function collect(cluster: Cluster, name: string, now: Date): Promise<Collected> {
  const chatApp = await readChatApp(cluster, name)
  const { namespace } = chatApp.metadata
  const owned = await ownedBy(cluster, chatApp)
  const secrets = await secretValues(cluster, namespace, [chatApp, ...owned.objects], [name, namespace, PART_OF])
  const all = owned.objects.filter((object): object is Pod => object.kind === 'Pod')
  const pods = all.slice(0, MAX_LOG_PODS)
  const left = all.length > pods.length ? [`logs of ${all.length - pods.length} pods: ${MAX_LOG_PODS} are read`] : []
  const metrics = await readPodMetrics(cluster, pods.filter(isServing))
  const logs = await readLogs(cluster, pods)
  const others = await readOthers(cluster, chatApp)
  const redact = redactor(secrets.values)
  const { texts: shown, unread: unknown } = metrics
  const status = renderStatus(statusReport(chatApp, owned, metrics), { paint: unpainted, now })
  const reasons = [secrets.unread, owned.unread, unknown, left, logs.unread, others.unread]
  const unread = reasons.flat().map((reason) => plain(redact.text(reason)))
  const json = (value: unknown): string => `${JSON.stringify(redact.object(value), null, 2)}\n`
  const texts = new Map([
    ['README.txt', about(name, namespace, secrets.unread.length === 0)],
    ['status.txt', redact.text(`${status.join('\n')}\n`)],
    ['chatapp.json', json(chatApp)],
    ...byKind(owned.objects).map(([kind, objects]) => [`objects/${kind}.json`, json(objects)] as const),
    ...[...others.values].map(([file, value]) => [file, json(value)] as const),
    ...[...logs.texts].map(([file, text]) => [file, redact.text(text)] as const),
    ...[...shown].map(([pod, text]) => [`metrics/${pod}.txt`, redact.text(text)] as const),
    ['not-read.txt', unread.map((line) => `${line}\n`).join('')],
  ])
  return { namespace, texts, unread }
}

function about(name: string, namespace: string, hasSecrets: boolean): string {
  return [
    `A report of ChatApp ${namespace}/${name} by kubectl chatapp ${PLUGIN_VERSION}.`,
    'In place of credentials stands [redacted]: values of variables that the operator does not render, the users and',
    'passwords of URLs, tokens, private keys, and what follows a name such as "password".',
    hasSecrets
      ? `The values of the Secrets that it names, from ${SHORTEST_CHARACTERS} characters on, were compared too, and are in no file.`
      : 'Not all Secrets could be read (not-read.txt), so a value that does not look like one of these may be in a log.',
    'Read it before you send it: users may write into logs and events what this program cannot know.',
    '',
  ].join('\n')
}

/** Pods that serve metrics. */
function isServing({ status, spec }: Pod): boolean {
  const ports = spec.containers.flatMap((container) => container.ports ?? [])
  return status?.phase === 'Running' && ports.some((port) => port.name === 'metrics')
}

function byKind(objects: readonly KubeObject[]): [kind: string, objects: KubeObject[]][] {
  const kinds = [...new Set(objects.map(({ kind }) => kind))].toSorted()
  return kinds.map((kind) => [kind, objects.filter((object) => object.kind === kind)])
}

interface Read<T> {
  readonly texts: ReadonlyMap<string, T>
  readonly unread: readonly string[]
}

/** The present log of each pod, and the one before a restart. */
async function readLogs({ results }: Cluster, pods: readonly Pod[]): Promise<Read<string>> {
  const texts = new Map<string, string>()
  const unread: string[] = []
  const tail = `--tail=${REPORT_LOG_LINES}`
  for (const { metadata, status } of pods) {
    const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    for (const { name, restartCount = 0 } of containers.filter((each) => isLabel(each.name))) {
      for (const previous of restartCount > 0 ? [false, true] : [false]) {
        const args = [
          'logs',
          `pod/${metadata.name}`,
          '--namespace',
          metadata.namespace,
          '--container',
          name,
          '--timestamps',
        ]
        const before = previous ? ['--previous'] : []
        const what = `log of pod ${metadata.name}, container ${name}`
        try {
          const result = await results([...args, tail, ...before], { timeoutMs: LOGS_SECONDS * 1000 })
          if (result.code !== 0) unread.push(`${what}: ${reasonOf(result)}`)
          else texts.set(`logs/${metadata.name}-${name}${previous ? '-before' : ''}.log`, end(result.out))
        } catch (error) {
          unread.push(`${what}: ${(error as Error).message}`)
        }
      }
    }
  }
  return { texts, unread }
}

/** The whole lines at the end of a log. */
function end(text: string): string {
  return text.length <= REPORT_LOG_CHARACTERS
    ? text
    : text.slice(text.indexOf('\n', text.length - REPORT_LOG_CHARACTERS) + 1)
}

/** Events, versions, the CRD and the operator's own pods. */
async function readOthers({ results }: Cluster, { metadata: { name, namespace } }: StoredChatApp) {
  const json = ['--output', 'json', ...TIMEOUT]
  const operator = ['--selector', 'app.kubernetes.io/name=chat-app-operator', '--all-namespaces']
  const files: readonly (readonly [file: string, args: readonly string[]])[] = [
    ['events.json', ['get', 'events.v1.events.k8s.io', '--namespace', namespace, ...json]],
    ['versions.json', ['version', ...json]],
    ['crd.json', ['get', 'customresourcedefinition', 'chatapps.chat-app.com', ...json]],
    ['operator.json', ['get', 'deployments.apps,pods', ...operator, ...json]],
  ]
  const values = new Map<string, unknown>()
  const unread: string[] = []
  for (const [file, args] of files) {
    const result = await results(args)
    if (result.code === 0) values.set(file, shaped(file, JSON.parse(result.out)))
    else unread.push(`${file}: ${reasonOf(result)}`)
  }
  return { values, unread }

  function shaped(file: string, value: unknown): unknown {
    if (file === 'events.json')
      return (value as { items: Event[] }).items.filter(isOurs).toSorted(byAge).slice(0, MAX_REPORT_EVENTS)
    return file === 'versions.json' ? { plugin: PLUGIN_VERSION, node: process.version, ...(value as object) } : value
  }

  /** Of the ChatApp and of all objects with names that the operator gives, also those that are gone. */
  function isOurs({ regarding }: Event): boolean {
    return regarding?.name === name || regarding?.name?.startsWith(`${name}-`) === true
  }
}

interface Event {
  readonly metadata: { readonly creationTimestamp: string }
  readonly regarding?: { readonly name?: string }
}

/** The newest first. */
function byAge(a: Event, b: Event): number {
  return b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp)
}
