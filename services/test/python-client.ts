import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { eventually } from '@chat-app/testing'
import { newRecord, type Record } from '../client/record.ts'

const PROGRAM = fileURLToPath(new URL('client.py', import.meta.url))

interface Line {
  readonly type: string
  readonly room: string
  readonly epoch: number
  readonly seq: number
  readonly sender: string
  readonly clientId: string
  /** Of a connection that was closed, if a close frame arrived. */
  readonly code?: number
}

/** The client of client.py as a process, and the record of its user. */
export class PythonClient implements AsyncDisposable {
  readonly record: Record
  /** How its connections were closed. */
  readonly closed: (number | undefined)[] = []
  /** How many of its tokens the server took on an open connection. */
  renewals = 0
  /** When they were closed, by `performance.now()`. */
  readonly closedAtMs: number[] = []
  /** The last numbers of the ranges that its user may not read. */
  readonly skipped: number[] = []
  /** The rooms of which its user is no longer a member. */
  readonly removed: string[] = []
  /** What it printed beside the protocol's own frames of success. */
  readonly errors: string[] = []
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>

  private constructor(url: string, tokens: readonly string[], user: string) {
    this.record = newRecord(user)
    this.#child = spawn('python3', [PROGRAM, url, ...tokens], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stdin.on('error', (error) => this.errors.push(error.message))
    createInterface(this.#child.stdout).on('line', (line) => this.#take(line))
    this.#child.stderr.on('data', (text: Buffer) => this.errors.push(text.toString()))
  }

  /**
   * @param session by which it refreshes the token
   * @throws Error if there is no python3
   */
  static async start(
    url: string,
    token: string,
    user: string,
    session?: { api: string; refreshToken: string; deviceKey: string },
  ): Promise<PythonClient> {
    const refreshing = session ? [session.api, session.refreshToken, session.deviceKey] : []
    const client = new PythonClient(url, [token, ...refreshing], user)
    try {
      await once(client.#child, 'spawn')
    } catch (error) {
      const fix = 'install Python 3.8 or newer (apt-get install python3)'
      throw new Error(`python3 cannot be started, which runs services/test/client.py: ${fix}`, { cause: error })
    }
    return client
  }

  /** Joins a room at its head. Resolves once that is answered. */
  async join(room: string): Promise<void> {
    this.#do({ do: 'join', room })
    await eventually(() => {
      if (!this.record.joined.has(room)) throw new Error(`not joined: ${this.errors.join('')}`)
    })
  }

  /** Sends a message to a joined room. */
  send(room: string, body: string): void {
    const clientId = `${this.record.user}-${this.record.sent.length}`
    this.record.sent.push({ room, clientId })
    this.#do({ do: 'send', room, clientId, body })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }

  #do(command: object): void {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`)
  }

  #take(line: string): void {
    const { type, room, epoch, seq, sender, clientId, code } = JSON.parse(line) as Line
    if (type === 'joined') {
      if (!this.record.joined.has(room)) this.record.joined.set(room, { epoch, seq })
    } else if (type === 'skipped') {
      this.skipped.push(seq)
    } else if (type === 'removed') {
      this.removed.push(room)
    } else if (type === 'event') {
      this.record.delivered.push({ room, epoch, seq, sender, clientId })
    } else if (type === 'ack') {
      const sent = this.record.sent.findLast((one) => one.room === room && one.clientId === clientId)
      if (sent) sent.acknowledged = { epoch, seq }
    } else if (type === 'renewed') {
      this.renewals += 1
    } else if (type === 'closed') {
      this.closed.push(code)
      this.closedAtMs.push(performance.now())
    } else {
      this.errors.push(`${line}\n`)
    }
  }
}
