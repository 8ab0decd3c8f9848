import { showSteps } from '@chat-app/cli'
import { connect, count, createRoom, signToken, type ChatClient } from '@chat-app/services/client'
import { eventually } from '@chat-app/testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { ChatOnPods, type LastRollout } from './chat-on-pods.ts'

const CLIENTS = 2000
const CLIENTS_OF_ROOM = 20
/** Clients that connect at the same time at the start. */
const CONNECTING = 50
const SEND_INTERVAL_MS = 50
const ROLLOUTS = 5
const PERIOD_SECONDS = 60
const MOST_RECONNECTS_PER_SECOND = (2 * CLIENTS) / PERIOD_SECONDS
/** After the last message of a rollout has arrived, a second one would come within this time. */
const SETTLE_MS = 2000

const resources = { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } }
const SPEC = {
  version: '0.1.0',
  api: { replicas: 1, resources },
  websocket: { replicas: 3, resources, drain: { periodSeconds: PERIOD_SECONDS } },
}

interface Round {
  readonly seconds: number
  readonly proof: LastRollout
  /** How many clients have connected again how often. */
  readonly reconnects: ReadonlyMap<number, number>
  readonly mostPerSecond: number
}

/**
 * Rolls out five releases on real pods under 2,000 clients, and prints how often each client connected again.
 *
 * @throws Error when a message is lost, repeated or out of order
 */
export async function rollouts(): Promise<void> {
  const steps = showSteps()
  try {
    steps.next('starting a node', ROLLOUTS + 2)
    await using chat = await ChatOnPods.start(SPEC, steps.detail)
    steps.next(`connecting ${CLIENTS} clients`, ROLLOUTS + 2)
    await using crowd = await Crowd.open(chat, steps.detail)
    for (let round = 1; round <= ROLLOUTS; round++) {
      steps.next(`rollout ${round}`, ROLLOUTS + 2)
      steps.print(rowOf(round, await crowd.duringRollout(() => chat.rollOut(`r${round}`))))
    }
    const counts = await crowd.finish()
    const { sent, acknowledged, lost, duplicated, reordered } = counts
    steps.print(
      `messages     ${sent} sent, ${acknowledged} acknowledged, ${lost} lost, ${duplicated} repeated, ${reordered} out of order`,
    )
    steps.print(`killed pods  ${chat.killed.size}; none: ${met(chat.killed.size === 0)}`)
    if (lost + duplicated + reordered > 0) throw new Error('messages were lost, repeated or out of order; see above')
  } finally {
    steps.end()
  }
}

function rowOf(round: number, { seconds, proof, reconnects, mostPerSecond }: Round): string {
  const times = [...reconnects]
    .toSorted(([a], [b]) => a - b)
    .map(([often, clients]) => `${clients} clients ${often} times`)
  const isOnce = reconnects.get(1) === CLIENTS
  const gap = proof.longestGapMilliseconds ?? 0
  return [
    `rollout ${round}    ${seconds.toFixed(0)} s; proof ${proof.proof}: ${proof.sent ?? 0} sent, ${proof.lost ?? 0} lost, longest gap ${gap} ms`,
    `  reconnects ${times.join(', ')}; each once: ${met(isOnce)}`,
    `  in one second at most ${mostPerSecond}; at most ${MOST_RECONNECTS_PER_SECOND.toFixed(0)}: ${met(mostPerSecond <= MOST_RECONNECTS_PER_SECOND)}`,
  ].join('\n')
}

function met(isMet: boolean): string {
  return isMet ? 'met' : 'missed'
}

/** Clients in rooms, one of which sends a message every 50 ms. */
class Crowd implements AsyncDisposable {
  readonly #clients: ChatClient[] = []
  readonly #rooms: string[] = []
  readonly #disconnectedAt: number[] = []
  readonly #sent: Promise<unknown>[] = []
  #sending: NodeJS.Timeout | undefined
  #next = 0

  static async open(chat: ChatOnPods, say: (text: string) => void): Promise<Crowd> {
    const crowd = new Crowd()
    const [api, websocket, key] = [await chat.url('api'), await chat.url('websocket'), await chat.signingKey()]
    while (crowd.#clients.length < CLIENTS) {
      const number = crowd.#clients.length
      const names = Array.from({ length: CLIENTS_OF_ROOM }, (_, index) => `user-${number + index}`)
      await chat.addUsers([`owner-${number}`, ...names])
      const { room } = await createRoom(api, signToken(key, `owner-${number}`))
      for (let joined = 0; joined < CLIENTS_OF_ROOM; joined += CONNECTING)
        await Promise.all(
          Array.from({ length: Math.min(CONNECTING, CLIENTS_OF_ROOM - joined) }, async (_, index) => {
            const client = await connect(() => websocket, { token: signToken(key, `user-${number + joined + index}`) })
            client.on('disconnected', () => crowd.#disconnectedAt.push(performance.now()))
            await client.join(room)
            crowd.#clients.push(client)
            crowd.#rooms.push(room)
          }),
        )
      say(`${crowd.#clients.length} of ${CLIENTS}`)
    }
    crowd.#sending = setInterval(() => crowd.#send(), SEND_INTERVAL_MS)
    return crowd
  }

  /** Counts what the clients see during the work. */
  async duringRollout(work: () => Promise<LastRollout>): Promise<Round> {
    const startedAt = performance.now()
    const before = this.#clients.map(({ record }) => record.reconnects)
    const proof = await work()
    const seconds = (performance.now() - startedAt) / 1000
    await sleep(SETTLE_MS)
    const often = this.#clients.map(({ record }, index) => record.reconnects - (before[index] ?? 0))
    const reconnects = new Map(
      Map.groupBy(often, (times) => times)
        .entries()
        .map(([times, all]) => [times, all.length]),
    )
    return {
      seconds,
      proof,
      reconnects,
      mostPerSecond: mostWithin(this.#disconnectedAt.filter((at) => at > startedAt)),
    }
  }

  /** Sends nothing more, and waits until every message has arrived. */
  async finish(): Promise<ReturnType<typeof count>> {
    clearInterval(this.#sending)
    await Promise.all(this.#sent)
    const counts = () => count(this.#clients.map(({ record }) => record))
    await eventually(() => counts().lost === 0).catch(() => undefined)
    return counts()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sending)
    for (const message of this.#sent) message.catch(() => undefined)
    await Promise.all(this.#clients.map((client) => client.close()))
  }

  #send(): void {
    const index = (this.#next += 1) % this.#clients.length
    const [client, room] = [this.#clients[index], this.#rooms[index]]
    if (client !== undefined && room !== undefined) this.#sent.push(client.send(room, `message ${this.#next}`))
  }
}

/** The most of these times, in milliseconds and in order, that lie within one second. */
function mostWithin(times: readonly number[]): number {
  let first = 0
  let most = 0
  times.forEach((at, index) => {
    while (at - (times[first] ?? at) >= 1000) first++
    most = Math.max(most, index - first + 1)
  })
  return most
}
