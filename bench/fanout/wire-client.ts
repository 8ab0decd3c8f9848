import { randomBytes } from 'node:crypto'
import { createConnection, type Socket } from 'node:net'
import type { Dialect } from './dialects.ts'

/** Stands before the number of a message in its body. */
const MARK = '@@'
const MARK_BYTES = Buffer.from(MARK)
const DIGITS = 10
const BODY_CHARACTERS = 100

const TEXT = 1
const PING = 9
const PONG = 10
const LENGTH_16 = 126
const LENGTH_64 = 127
/** Frames that are looked at as text: pings of the peers, and answers until the room is joined. */
const SHORT_BYTES = 8

/** All sockets read into it, one after the other, so that reading allocates nothing. */
const READ_BYTES = 256 * 1024
const shared = Buffer.allocUnsafe(READ_BYTES)

/** A body of 100 bytes with the number of a message. */
export function bodyOf(no: number): string {
  return `${MARK}${String(no).padStart(DIGITS, '0')} `.padEnd(BODY_CHARACTERS, 'abcdefghij')
}

export interface WireHandlers {
  /** A message has arrived. @param bytes of its frame */
  readonly onMessage: (no: number, bytes: number) => void
  readonly onClosed: (reason: string) => void
}

/** A WebSocket client that does little else than to read, so that the servers are measured and not the client. */
export class WireClient {
  readonly user: string
  readonly room: string
  readonly #dialect: Dialect
  readonly #handlers: WireHandlers
  readonly #socket: Socket
  readonly #joined = Promise.withResolvers<void>()
  #steps: { readonly send: string; readonly until: string }[]
  #rest: Buffer | undefined
  #isOpen = false
  #isClosed = false

  constructor(port: number, dialect: Dialect, { user, room }: { user: string; room: string }, handlers: WireHandlers) {
    this.user = user
    this.room = room
    this.#dialect = dialect
    this.#handlers = handlers
    this.#steps = [...dialect.join(user, room)]
    this.#socket = createConnection({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer: shared, callback: (bytes) => this.#read(bytes) },
    })
    this.#socket.on('connect', () => this.#upgrade())
    this.#socket.on('error', (error) => this.#fail(error.message))
    this.#socket.on('close', () => this.#fail('closed by the server'))
  }

  /** Resolves when the room is joined. @throws Error if the connection ends before */
  get joined(): Promise<void> {
    return this.#joined.promise
  }

  /** Bytes that the kernel has not taken. */
  get unsentBytes(): number {
    return this.#socket.writableLength
  }

  send(no: number): void {
    this.#write(TEXT, Buffer.from(this.#dialect.send(this.room, no, bodyOf(no))))
  }

  close(): void {
    this.#isClosed = true
    this.#socket.destroy()
  }

  #fail(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const error = new Error(`the connection of ${this.user} in ${this.room}: ${reason}`)
    this.#joined.reject(error)
    this.#joined.promise.catch(() => undefined)
    if (this.#isOpen) this.#handlers.onClosed(error.message)
  }

  #upgrade(): void {
    const { path, headers } = this.#dialect.upgrade(this.user)
    const key = `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`
    const lines = [
      `GET ${path} HTTP/1.1`,
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      key,
      ...headers,
    ]
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  }

  /** With a mask of zeros, which leaves the payload as it is. */
  #write(opcode: number, payload: Buffer): void {
    const { length } = payload
    const headBytes = length < LENGTH_16 ? 6 : 8
    const frame = Buffer.alloc(headBytes + length)
    frame[0] = 0x80 | opcode
    frame[1] = 0x80 | Math.min(length, LENGTH_16)
    if (headBytes === 8) frame.writeUInt16BE(length, 2)
    payload.copy(frame, headBytes)
    this.#socket.write(frame)
  }

  #read(bytes: number): boolean {
    const chunk = shared.subarray(0, bytes)
    const data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk
    let at = this.#isOpen ? 0 : this.#readHead(data)
    if (this.#isOpen) at = this.#readFrames(data, at)
    this.#rest = at < data.length ? Buffer.from(data.subarray(at)) : undefined
    return true
  }

  #readHead(data: Buffer): number {
    const end = data.indexOf('\r\n\r\n')
    if (end < 0) return 0
    const status = data.toString('latin1', 9, 12)
    if (status !== '101') {
      this.#fail(data.toString())
      return data.length
    }
    this.#isOpen = true
    this.#next()
    return end + 4
  }

  #next(): void {
    const [step] = this.#steps
    if (step) this.#write(TEXT, Buffer.from(step.send))
    else this.#joined.resolve()
  }

  /** @returns where the first incomplete frame begins */
  #readFrames(data: Buffer, from: number): number {
    let at = from
    while (data.length - at >= 2) {
      const head = data[at] as number
      let length = (data[at + 1] as number) & 127
      let start = at + 2
      if (length === LENGTH_64) {
        if (data.length - at < 10) return at
        length = Number(data.readBigUInt64BE(at + 2))
        start = at + 10
      } else if (length === LENGTH_16) {
        if (data.length - at < 4) return at
        length = data.readUInt16BE(at + 2)
        start = at + 4
      }
      const end = start + length
      if (end > data.length) return at
      this.#receive(head & 15, data, { start, end, bytes: end - at })
      at = end
    }
    return at
  }

  #receive(opcode: number, data: Buffer, { start, end, bytes }: { start: number; end: number; bytes: number }): void {
    if (opcode === PING) return this.#write(PONG, Buffer.from(data.subarray(start, end)))
    if (opcode !== TEXT) return
    if (end - start <= SHORT_BYTES || this.#steps.length > 0) this.#receiveText(data.toString('latin1', start, end))
    // A peer puts several messages into one frame.
    let count = 0
    for (let mark = find(data, start, end); mark >= 0; mark = find(data, mark + DIGITS, end)) {
      const no = Number(data.toString('latin1', mark + MARK.length, mark + MARK.length + DIGITS))
      this.#handlers.onMessage(no, count === 0 ? bytes : 0)
      count += 1
    }
  }

  #receiveText(text: string): void {
    const { alive } = this.#dialect
    if (text === alive?.asked) return this.#write(TEXT, Buffer.from(alive.answer))
    const [step] = this.#steps
    if (!step || !text.includes(step.until)) return
    this.#steps.shift()
    this.#next()
  }
}

/** Where the next mark is before `end`; -1 if there is none. */
function find(data: Buffer, from: number, end: number): number {
  const at = data.indexOf(MARK_BYTES, from)
  return at < end ? at : -1
}
