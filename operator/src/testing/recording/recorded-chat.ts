import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHAT_APPS, DEPLOYMENTS, SERVICES } from '@chat-app/chat/resources'
import { startApi, type ApiCluster } from '@chat-app/sandbox-cluster'
import { eventually } from '@chat-app/testing'
import { at } from '../../runtime/json.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { Chat } from '../chat.ts'
import { NAMESPACE } from './inputs.ts'
import { prepare } from './prepare.ts'
import { REPLICA_SETS, type Recording } from './recordings.ts'
import { restore } from './restore.ts'

export interface Pods {
  /** Names and UIDs. */
  readonly replicaSets: readonly string[]
  /** By the names of the Deployments. */
  readonly templates: Readonly<Record<string, unknown>>
}

/** A cluster on which the operator of an earlier release has worked. */
export interface RecordedChat {
  readonly cluster: ApiCluster
  readonly chat: Chat
  /** Names of the ChatApps. */
  readonly names: readonly string[]
  /** What decides which pods run, as it was recorded and as it is now. */
  readonly recordedPods: Pods
  pods(): Promise<Pods>
  /** Waits until the operator makes a deleted Service of a ChatApp again, and starts this number of API pods. */
  repairsAndScales(name: string, replicas: number): Promise<void>
  stop(): Promise<void>
}

/** Starts a cluster of its own, since a recording has one namespace and replaces the CRD, and puts the recording back. */
export async function startRecorded(recording: Recording): Promise<RecordedChat> {
  const cluster = await startApi({ dir: await mkdtemp(join(tmpdir(), 'recorded-')), name: 'recorded' })
  const chat = new Chat(cluster.kubeconfig, NAMESPACE)
  await prepare(chat.client, recording.install)
  await restore(cluster, recording)
  const names = recording.chatApps.flatMap(([chatApp]) => chatApp?.metadata.name ?? [])
  await eventually(async () => (await chat.list(CHAT_APPS)).length === names.length)
  return {
    cluster,
    chat,
    names,
    recordedPods: podsOf(recording.chatApps.flat()),
    pods: async () => podsOf([...(await chat.list(REPLICA_SETS)), ...(await chat.list(DEPLOYMENTS))]),
    repairsAndScales: (name, replicas) => repairsAndScales(chat, name, replicas),
    async stop() {
      await chat.end()
      await cluster.stop()
    },
  }
}

async function repairsAndScales(chat: Chat, name: string, replicas: number): Promise<void> {
  await chat.delete(SERVICES, `${name}-websocket`)
  await eventually(async () => (await chat.get(SERVICES, `${name}-websocket`)) !== undefined)
  await chat.edit(CHAT_APPS, name, { spec: { api: { replicas, autoscaling: null } } })
  await eventually(async () => at(await chat.get(DEPLOYMENTS, `${name}-api`), 'spec', 'replicas') === replicas)
}

function podsOf(objects: readonly KubeObject[]): Pods {
  const sets = objects.filter(({ kind }) => kind === REPLICA_SETS.kind)
  const deployments = objects.filter(({ kind }) => kind === DEPLOYMENTS.kind)
  return {
    replicaSets: sets.map(({ metadata }) => `${metadata.name} ${metadata.uid}`).sort(),
    templates: Object.fromEntries(
      deployments.map((each) => [each.metadata.name, at<unknown>(each, 'spec', 'template')]),
    ),
  }
}
