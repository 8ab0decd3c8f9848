import { showSteps } from '@chat-app/cli'
import { CHAT_APPS, EVENTS } from '@chat-app/chat/resources'
import { makeChat, type Chat } from '@chat-app/operator/testing/namespace'
import { startApi } from '@chat-app/sandbox-cluster'
import { installChatApps } from '@chat-app/sandbox-cluster/testing/setup'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../measure/quantile.ts'
import { bareLoop } from './bare-loop.ts'
import { followCreated } from './created.ts'
import { Latency } from './latency.ts'
import { moreRequests, Program } from './program.ts'

export interface OperatorOptions {
  /** How many ChatApps are created at once. */
  readonly chatApps: number
  /** How long nothing is to do, in seconds. */
  readonly idleSeconds: number
}

const STEPS = 6
/** Enough for a p99 that is not the maximum. */
const ROUNDS = 300
const SETTLE_MS = 5000
const MIB = 2 ** 20
const TARGET = { statusWrites: 6, events: 5, bare: 0.8, change: [2, 5], drift: 5, memoryMib: [110, 120] } as const

/**
 * Measures the operator on a real API server with the real controllers; a simulated kubelet lets every pod be ready at
 * once. Prints a table.
 */
export async function operator({ chatApps, idleSeconds }: OperatorOptions): Promise<void> {
  const steps = showSteps()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const dir = mkdtempSync(join(tmpdir(), 'bench-operator-'))
  const cluster = await startApi({ dir: join(dir, 'cluster'), name: 'operator', onProgress: steps.detail })
  const lines: string[] = []
  try {
    await installChatApps(cluster.kubeconfig)
    const chat = await makeChat(cluster.kubeconfig)
    await chat.secrets()
    steps.next('start', STEPS)
    const [program, startMs] = await Program.start(cluster.kubeconfig, chat.namespace, dir)
    try {
      await sleep(SETTLE_MS)
      const empty = program.residentBytes()
      steps.next(`${chatApps} ChatApps at once`, STEPS)
      const created = await creation(chat, program, chatApps)
      lines.push(`start until it leads        ${Math.round(startMs)} ms`, ...created.lines)
      steps.next('changes and drift', STEPS)
      lines.push(...(await latencies(chat, chatApps)))
      await sleep(SETTLE_MS)
      steps.next(`nothing to do for ${idleSeconds} s`, STEPS)
      lines.push(...(await idle(program, idleSeconds)))
      const full = program.residentBytes()
      const [emptyGoal, fullGoal] = TARGET.memoryMib
      lines.push(
        `memory, no ChatApp          ${mib(empty)} MiB; at most ${emptyGoal}: ${met(empty / MIB <= emptyGoal)}`,
        `memory, ${String(chatApps).padEnd(4)} ChatApps       ${mib(full)} MiB; at most ${fullGoal}: ${met(full / MIB <= fullGoal)}`,
      )
      // The last, since its objects stay.
      steps.next('as many by a bare loop', STEPS)
      lines.push(await besideBareLoop(chat, chatApps, created.seconds))
      steps.next('end', STEPS)
    } finally {
      await program.stop()
      await chat.end()
    }
    steps.print(lines.join('\n'))
  } finally {
    steps.end()
    await cluster.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Returns also the seconds until all objects of all ChatApps exist. */
async function creation(
  chat: Chat,
  program: Program,
  number: number,
): Promise<{ readonly lines: readonly string[]; readonly seconds: number }> {
  const names = Array.from({ length: number }, (_, index) => nameOf(index))
  const versions = new Map<string, Set<string>>(names.map((name) => [name, new Set()]))
  await chat.follow(CHAT_APPS, ({ metadata }) =>
    versions.get(metadata.name)?.add(JSON.stringify(metadata.resourceVersion)),
  )
  const created = await followCreated(chat, names)
  const [cpu, requests, began] = [program.cpuSeconds(), await program.requests(), performance.now()]
  await Promise.all(names.map((name) => chat.chatApp({}, name)))
  await Promise.all(names.map((name) => chat.reason('Ready', name)))
  const seconds = (performance.now() - began) / 1000
  const cpuSeconds = program.cpuSeconds() - cpu
  const { objects, newestAt } = created()
  const createdSeconds = (newestAt - began) / 1000
  await sleep(SETTLE_MS)
  const made = moreRequests(requests, await program.requests())
  // The first version is the user's.
  const writes = Math.max(...[...versions.values()].map((stored) => stored.size)) - 1
  const events = (await chat.list(EVENTS)).filter(ofChatApp)
  const each = events.length / number
  const lines = [
    `${number} ChatApps until Ready     ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU`,
    `  until ${objects} objects exist  ${createdSeconds.toFixed(1)} s`,
    `  writes of a ChatApp itself at most ${writes} each; at most ${TARGET.statusWrites}: ${met(writes <= TARGET.statusWrites)}`,
    `  events                    ${each.toFixed(1)} each; at most ${TARGET.events}: ${met(each <= TARGET.events)}`,
    `  requests                  ${listed(made, number)} each`,
  ]
  return { lines, seconds: createdSeconds }
}

/**
 * The throughput of the creation beside that of a loop that writes the same objects.
 *
 * @param seconds how long the operator took until all of them existed
 */
async function besideBareLoop(chat: Chat, number: number, seconds: number): Promise<string> {
  const bare = await bareLoop(chat, nameOf(0), number)
  const ratio = bare.seconds / seconds
  return `the same objects, bare loop ${bare.seconds.toFixed(1)} s for ${bare.objects} objects; the operator makes ${ratio.toFixed(2)} x as many in a second, at least ${TARGET.bare}: ${met(ratio >= TARGET.bare)}`
}

/** Whether an event is about a ChatApp. */
function ofChatApp(event: object): boolean {
  return (event as { regarding?: { kind?: string } }).regarding?.kind === CHAT_APPS.kind
}

async function latencies(chat: Chat, number: number): Promise<string[]> {
  const latency = await Latency.open(chat)
  const measured: Record<'patch' | 'change' | 'drift', number[]> = { patch: [], change: [], drift: [] }
  // In turns, so that each has the machine in the same state.
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = nameOf(round % number)
    measured.patch.push(await latency.patch(name, round))
    measured.change.push(await latency.change(name, Math.floor(round / number) + 1))
    measured.drift.push(await latency.drift(name))
  }
  const { patch, change, drift } = measured
  const [p50Goal, p99Goal] = TARGET.change
  return [
    `one PATCH                   ${shown(patch)}`,
    `change to first child write ${shown(change)}; ${compared(change, patch, 0.5, p50Goal)}, ${compared(change, patch, 0.99, p99Goal)}`,
    `drift repaired              ${shown(drift)}; ${compared(drift, patch, 0.99, TARGET.drift)}`,
  ]
}

async function idle(program: Program, seconds: number): Promise<string[]> {
  const [cpu, requests] = [program.cpuSeconds(), await program.requests()]
  await sleep(seconds * 1000)
  const made = moreRequests(requests, await program.requests())
  const used = ((program.cpuSeconds() - cpu) / seconds) * 100
  return [`nothing to do for ${seconds} s     ${listed(made)}; ${used.toFixed(1)} % of a core`]
}

function nameOf(index: number): string {
  return `chat${index}`
}

function shown(values: readonly number[]): string {
  return `p50 ${quantile(values, 0.5).toFixed(0)} ms, p99 ${quantile(values, 0.99).toFixed(0)} ms`
}

function compared(values: readonly number[], base: readonly number[], share: number, goal: number): string {
  const ratio = quantile(values, share) / quantile(base, share)
  return `p${share * 100} ${ratio.toFixed(1)} x, at most ${goal}: ${met(ratio <= goal)}`
}

function listed(requests: ReadonlyMap<string, number>, each = 1): string {
  return [...requests].map(([verb, count]) => `${Number((count / each).toFixed(1))} ${verb}`).join(', ') || 'no request'
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(0)
}

function met(isMet: boolean): string {
  return isMet ? 'met' : 'missed'
}
