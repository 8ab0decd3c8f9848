import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { TcpProxy } from './tcp-proxy.ts'

/**
 * A fault that no command shows:
 * - `swallow`: what is published is answered and goes nowhere.
 * - `deafen`: subscribers hear nothing more.
 * - `delay`: whatever Redis sends arrives 2.5 s late.
 */
export type RedisFault = 'swallow' | 'deafen' | 'delay'

const DELAY_MS = 2500

/** A TCP proxy in front of one Redis, with a fault that a test switches on and off. */
export class RedisProxy extends TcpProxy {
  fault: RedisFault | undefined
  /** Connections that were made so far. */
  connections = 0
  readonly #target: number

  private constructor(target: number) {
    super()
    this.#target = target
  }

  static start(target: number): Promise<RedisProxy> {
    return new RedisProxy(target).listen()
  }

  protected next(): number {
    this.connections += 1
    return this.#target
  }

  protected pass(client: Socket, server: Socket): void {
    let [waiting, subscribes] = [Buffer.alloc(0), false]
    client.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk])
      for (let command = firstCommand(waiting); command; command = firstCommand(waiting)) {
        subscribes ||= command.name === 'subscribe'
        if (this.fault === 'swallow' && command.name === 'publish') client.write(':1\r\n')
        else server.write(waiting.subarray(0, command.bytes))
        waiting = waiting.subarray(command.bytes)
      }
    })
    let earlier = Promise.resolve()
    server.on('data', (chunk: Buffer) => {
      if (this.fault === 'deafen' && subscribes) return
      const delay = this.fault === 'delay' ? sleep(DELAY_MS, undefined, { ref: false }) : undefined
      earlier = earlier.then(() => delay).then(() => void client.write(chunk))
    })
  }
}

/** The first command of what a client sent, a list of texts in RESP; undefined while it is incomplete. */
function firstCommand(sent: Buffer): { name: string; bytes: number } | undefined {
  const words = numberAt(sent, 0)
  if (!words) return undefined
  let { end } = words
  let name = ''
  for (let word = 0; word < words.value; word += 1) {
    const length = numberAt(sent, end)
    if (!length) return undefined
    if (word === 0) name = sent.toString('latin1', length.end, length.end + length.value).toLowerCase()
    end = length.end + length.value + 2
  }
  return end <= sent.length ? { name, bytes: end } : undefined
}

/** The number of a line such as `*3` or `$7`, and where the next line begins. */
function numberAt(sent: Buffer, at: number): { value: number; end: number } | undefined {
  const lineEnd = sent.indexOf('\r\n', at)
  return lineEnd < 0 ? undefined : { value: Number(sent.toString('latin1', at + 1, lineEnd)), end: lineEnd + 2 }
}
