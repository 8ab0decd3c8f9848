import { setTimeout as sleep } from 'node:timers/promises'
import { deflateRawSync } from 'node:zlib'
import type { Choice } from '../chaos/choice.ts'
import { openSocket, type RawSocket } from '../raw-socket.ts'
import { mutated } from './mutations.ts'
import { validFrame, type Target } from './valid.ts'

export interface SocketAttack {
  readonly url: string
  readonly token: () => string
  readonly choice: Choice
  readonly target: Target
  /** Frames that are sent in all. */
  readonly frames: number
  /** Connections at a time. */
  readonly connections: number
  readonly onSent?: (frames: number) => void
}

/** Sent without waiting for answers: as many as the server takes before it closes the connection. */
const BURST_FRAMES = 20
const UNFINISHED_MS = 5000
/** Of the frame after which a burst ends. */
const LAST_ID = 'end-of-burst'
/** The close code of a connection after its malformed frames, and those of what no WebSocket may send. */
const EXPECTED_CODES: ReadonlySet<number> = new Set([1002, 1003, 1005, 1006, 1007, 1008, 1009, 1013, 4400])
const BOMB = deflateRawSync(Buffer.alloc(16 * 1024 * 1024)).subarray(0, 60_000)

/**
 * Sends hostile frames over many connections, each opened again when the server closes it.
 *
 * @returns how many answers of each code there were
 * @throws Error for an answer that says that the service has a fault
 */
export async function attackSockets(attack: SocketAttack): Promise<Map<string, number>> {
  const answers = new Map<string, number>()
  let left = attack.frames
  await Promise.all(
    Array.from({ length: attack.connections }, async () => {
      while (left > 0) {
        const burst = Math.min(BURST_FRAMES, left)
        left -= burst
        await sendBurst(attack, burst, answers)
        attack.onSent?.(burst)
      }
    }),
  )
  return answers
}

async function sendBurst(attack: SocketAttack, frames: number, answers: Map<string, number>): Promise<void> {
  const { url, token, choice, target } = attack
  const socket = await openSocket(url, { token: token() })
  socket.send({ type: 'join', room: target.rooms[0] })
  for (let sent = 0; sent < frames; sent += 1) {
    if (choice.number() < 0.01) breakProtocol(choice, socket)
    else socket.send(mutated(choice, validFrame(choice, target)))
  }
  const answered = new Promise<{ code: number }>((resolve) => {
    socket.socket.on('message', (data: Buffer) => {
      if (data.includes(LAST_ID)) resolve({ code: 1006 })
    })
  })
  socket.send({ type: 'ping', requestId: LAST_ID })
  const { code } = await Promise.race([
    socket.closed(),
    answered,
    // The last bytes may be the head of a frame that the rest of the burst does not fill.
    sleep(UNFINISHED_MS, { code: 1006 }, { ref: false }),
  ])
  if (!EXPECTED_CODES.has(code)) throw new Error(`a hostile connection was closed with ${code}`)
  socket.socket.terminate()
  for (const frame of socket.frames) {
    const { type, code: error, message } = frame as { type: string; code?: string; message?: string }
    const name = type === 'error' ? (error ?? '') : type
    answers.set(name, (answers.get(name) ?? 0) + 1)
    if (error === 'internal' || message?.includes('has a fault'))
      throw new Error(`a hostile frame was answered with ${JSON.stringify(frame)}`)
  }
}

/** What ws would not send: a compressed frame, one without a mask, reserved codes, pieces without an end. */
function breakProtocol(choice: Choice, { tcp, socket }: RawSocket): void {
  const masked = (first: number, payload: Buffer) => {
    const head = Buffer.from([first, 0x80 | 126, 0, 0, 0, 0, 0, 0])
    head.writeUInt16BE(payload.length, 2)
    return Buffer.concat([head, payload])
  }
  const acts: (() => unknown)[] = [
    () => tcp.write(masked(0xc1, BOMB)),
    () => tcp.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d])),
    () => tcp.write(Buffer.from([0x80 | choice.between(3, 15), 0x80, 0, 0, 0, 0])),
    () => tcp.write(Buffer.from(Array.from({ length: 200 }, () => choice.between(0, 255)))),
    () => tcp.write(Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
    () => Array.from({ length: 70 }, () => socket.send('x', { fin: false })),
    () => socket.send(Buffer.from([0xff, 0xfe]), { binary: false }),
    () => socket.send(Buffer.alloc(70_000)),
    () => Array.from({ length: 500 }, () => socket.ping('x'.repeat(125))),
  ]
  choice.of(acts)()
}
