import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { openSocket, type RawSocket } from '../raw-socket.ts'

const AT_A_TIME = 50
const DRIP_INTERVAL_MS = 1000

/** Connections that read nothing, or send a byte a second. */
export class SlowClients implements Disposable {
  readonly #readers: RawSocket[] = []
  readonly #senders: Socket[] = []
  readonly #timers: NodeJS.Timeout[] = []

  /** One half of them joins the room and reads nothing more; the other half sends an upgrade or a frame byte by byte. */
  static async open(url: string, options: { count: number; room: string; token: () => string }): Promise<SlowClients> {
    const slow = new SlowClients()
    const { count, room, token } = options
    for (let at = 0; at < count; at += AT_A_TIME) {
      await Promise.all(
        Array.from({ length: Math.min(AT_A_TIME, count - at) }, (_, index) =>
          index % 2 === 0 ? slow.#addReader(url, room, token()) : slow.#addSender(url, token(), at + index),
        ),
      )
    }
    slow.#timers.push(setInterval(() => slow.#drip(), DRIP_INTERVAL_MS))
    return slow
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer)
    for (const { socket } of this.#readers) socket.terminate()
    for (const socket of this.#senders) socket.destroy()
  }

  async #addReader(url: string, room: string, token: string): Promise<void> {
    const reader = await openSocket(url, { token })
    reader.send({ type: 'join', room })
    await reader.next('joined')
    reader.socket.pause()
    this.#readers.push(reader)
  }

  async #addSender(url: string, token: string, index: number): Promise<void> {
    // The one of these that is connected has begun a frame; the other one has not ended its request.
    if (index % 4 === 1) {
      const sender = await openSocket(url, { token })
      sender.tcp.write(Buffer.from([0x81, 0xfe, 0x40, 0x00, 0, 0, 0, 0]))
      this.#senders.push(sender.tcp as Socket)
      return
    }
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined)
    await once(socket, 'connect')
    socket.write('GET / HTTP/1.1\r\nX: ')
    this.#senders.push(socket)
  }

  #drip(): void {
    for (const socket of this.#senders) if (!socket.destroyed) socket.write('x')
  }
}
