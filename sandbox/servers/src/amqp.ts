import { connect, type Socket } from 'node:net'

export interface AmqpLogin {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly vhost: string
}

/** What came back on the channel: the method's number, such as `60.80` (basic.ack), and the text of a refusal. */
export interface AmqpReply {
  readonly method: string
  readonly text: string
}

const timeoutMs = 5000
const FRAME_END = 0xce
const PERSISTENT = 2

/** One channel of an AMQP 0-9-1 connection: as much as a test needs to publish with a confirm, and to be refused. */
export class AmqpChannel {
  /** Seconds, as the server asks. */
  readonly heartbeat: number
  readonly #socket: Socket
  readonly #frames: AsyncIterator<Buffer, undefined>

  private constructor(socket: Socket, frames: AsyncIterator<Buffer, undefined>, heartbeat: number) {
    this.#socket = socket
    this.#frames = frames
    this.heartbeat = heartbeat
  }

  /** Rejects where the server closes the connection, as it does for a wrong password. */
  static async open({ host, port, user, password, vhost }: AmqpLogin): Promise<AmqpChannel> {
    const socket = connect(port, host)
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`rabbitmq ${port}: no answer`)))
    const frames = methods(socket)
    socket.write(Buffer.from('AMQP\0\0\u0009\u0001', 'latin1'))
    await next(frames)
    socket.write(method(0, 10, 11, [table, short('PLAIN'), long(`\0${user}\0${password}`), short('en_US')]))
    const tune = await next(frames)
    const limits = tune.subarray(4)
    socket.write(method(0, 10, 31, [limits]))
    socket.write(method(0, 10, 40, [short(vhost), short(''), byte(0)]))
    await next(frames)
    const channel = new AmqpChannel(socket, frames, limits.readUInt16BE(6))
    await channel.#call(20, 10, [short('')])
    return channel
  }

  /** `85.11`, and from then on every publish is answered. */
  confirms(): Promise<AmqpReply> {
    return this.#call(85, 10, [byte(0)])
  }

  /** `60.80` once the message is on the disks of a majority, `60.120` where a queue refused it, `20.40` where it may not. */
  publish(exchange: string, key: string, body: string): Promise<AmqpReply> {
    const content = Buffer.from(body)
    const header = Buffer.concat([uint16(60), uint16(0), uint64(content.length), uint16(0x1000), byte(PERSISTENT)])
    this.#socket.write(method(1, 60, 40, [uint16(0), short(exchange), short(key), byte(0)]))
    this.#socket.write(frame(2, 1, header))
    this.#socket.write(frame(3, 1, content))
    return this.#reply()
  }

  /** `50.11`, or `20.40` where it may not. */
  declareQueue(name: string): Promise<AmqpReply> {
    return this.#call(50, 10, [uint16(0), short(name), byte(0b10), table])
  }

  /** `60.71` with a message, which is acknowledged, `60.72` where there is none, `20.40` where it may not. */
  get(queue: string): Promise<AmqpReply> {
    return this.#call(60, 70, [uint16(0), short(queue), byte(1)])
  }

  close(): void {
    this.#socket.destroy()
  }

  #call(group: number, number: number, fields: readonly Buffer[]): Promise<AmqpReply> {
    this.#socket.write(method(1, group, number, fields))
    return this.#reply()
  }

  async #reply(): Promise<AmqpReply> {
    const payload = await next(this.#frames)
    const name = `${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`
    // channel.close: a code and a text with its length before it.
    return { method: name, text: name === '20.40' ? payload.toString('latin1', 7, 7 + payload.readUInt8(6)) : '' }
  }
}

/** The payloads of method frames; contents and heartbeats are left out. */
async function* methods(socket: Socket): AsyncGenerator<Buffer, undefined> {
  let received = Buffer.alloc(0)
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, chunk])
    while (received.length >= 7 && received.length >= 8 + received.readUInt32BE(3)) {
      const end = 7 + received.readUInt32BE(3)
      if (received[0] === 1) yield received.subarray(7, end)
      received = received.subarray(end + 1)
    }
  }
}

async function next(frames: AsyncIterator<Buffer, undefined>): Promise<Buffer> {
  const { value: payload, done } = await frames.next()
  if (done === true) throw new Error('rabbitmq closed the connection')
  if (payload.readUInt32BE(0) !== (10 << 16) + 50) return payload
  throw new Error(`rabbitmq closed the connection: ${payload.toString('latin1', 7, 7 + payload.readUInt8(6))}`)
}

const byte = (value: number) => Buffer.from([value])
const table = Buffer.alloc(4)
const short = (text: string) => Buffer.concat([byte(Buffer.byteLength(text)), Buffer.from(text)])
const long = (text: string) => Buffer.concat([uint32(Buffer.byteLength(text)), Buffer.from(text)])

function uint16(value: number): Buffer {
  const buffer = Buffer.alloc(2)
  buffer.writeUInt16BE(value)
  return buffer
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}

function uint64(value: number): Buffer {
  return Buffer.concat([uint32(0), uint32(value)])
}

function method(channel: number, group: number, number: number, fields: readonly Buffer[]): Buffer {
  return frame(1, channel, Buffer.concat([uint16(group), uint16(number), ...fields]))
}

function frame(type: number, channel: number, payload: Buffer): Buffer {
  return Buffer.concat([byte(type), uint16(channel), uint32(payload.length), payload, byte(FRAME_END)])
}
