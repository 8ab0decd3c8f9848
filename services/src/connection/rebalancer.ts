import type { Peers } from '../fanout/peers.ts'
import { PEER_HEARTBEAT_MS } from '../support/limits.ts'
import { meanOf, movableAt, surplusOf } from './rebalance.ts'
import type { SocketServer } from './server.ts'

export interface RebalancerOptions {
  /** Whole percent of the surplus over the mean that is closed in a minute. 0: nothing is sent, and nothing moves. */
  readonly percent: number
  readonly peers: Peers
  readonly sockets: Pick<SocketServer, 'size' | 'move'>
  /** A process that is not ready gets no clients, so it sends no heartbeat. */
  readonly isReady: () => Promise<boolean>
}

const BEATS_PER_MINUTE = 60_000 / PEER_HEARTBEAT_MS

/**
 * Moves connections from full processes to emptier ones: it closes some of its own, and their clients connect again to any process.
 * Each process decides alone, by the counts that the others send, so that nobody can close the sockets of another.
 */
export class Rebalancer {
  readonly #options: RebalancerOptions
  /** What is less than one connection in one heartbeat. */
  #rest = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: RebalancerOptions) {
    this.#options = options
  }

  /** The mean of the connections of all processes that this one knows. */
  get mean(): number {
    const { sockets, peers } = this.#options
    return meanOf(sockets.size, peers.connections())
  }

  start(): void {
    if (this.#options.percent === 0) return
    this.#options.peers.listen()
    this.#timer = setInterval(() => void this.#round(), PEER_HEARTBEAT_MS)
    this.#timer.unref()
  }

  /** Moves nothing more, and is no target for the others. */
  stop(): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#options.peers.beat(null)
  }

  async #round(): Promise<void> {
    const { peers, sockets, isReady } = this.#options
    if (!(await isReady()) || this.#timer === undefined) return
    peers.beat(sockets.size)
    const count = this.#due(surplusOf(sockets.size, peers.connections()))
    if (count > 0) void sockets.move(count, movableAt(performance.now(), peers.starts()), PEER_HEARTBEAT_MS)
  }

  /** How many connections are due in this round. */
  #due(surplus: number): number {
    if (surplus === 0) return (this.#rest = 0)
    const due = this.#rest + ((this.#options.percent / 100) * surplus) / BEATS_PER_MINUTE
    this.#rest = due % 1
    return Math.floor(due)
  }
}
