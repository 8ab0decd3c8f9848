import { openSocket, type Frame, type RawSocket } from './raw-socket.ts'

interface Seen {
  readonly seq: number
  readonly clientId: string
}

/**
 * A client that shows one room. As docs/protocol.md asks, it joins again from its last event on `resume_needed`, and on
 * `reset` drops what it has and loads the history.
 */
export class Viewer {
  readonly #socket: RawSocket
  readonly #room: string
  readonly #events = new Map<number, string>()
  #cursor: { epoch: number; seq: number } | undefined
  /** How many times it was told that its position is invalid. */
  resets = 0

  private constructor(socket: RawSocket, room: string) {
    this.#socket = socket
    this.#room = room
    socket.socket.on('message', (data) => this.#onFrame(JSON.parse((data as Buffer).toString()) as Frame))
  }

  static async open(url: string, token: string, room: string): Promise<Viewer> {
    const socket = await openSocket(url, { token })
    const viewer = new Viewer(socket, room)
    socket.send({ type: 'join', room })
    await socket.next('joined')
    return viewer
  }

  /** Number and client id of each event, in order. */
  get content(): string[] {
    return [...this.#events].toSorted(([a], [b]) => a - b).map(([seq, clientId]) => `${seq} ${clientId}`)
  }

  close(): void {
    this.#socket.socket.terminate()
  }

  #onFrame(frame: Frame): void {
    const { epoch } = frame as unknown as { epoch: number }
    switch (frame.type) {
      case 'event': {
        const { seq, clientId } = frame as unknown as Seen
        this.#cursor = { epoch, seq }
        this.#events.set(seq, clientId)
        return
      }
      case 'skipped':
        this.#cursor = { epoch, seq: frame['seq'] as number }
        return
      case 'resume_needed':
        return this.#socket.send({ type: 'join', room: this.#room, after: this.#cursor })
      case 'joined': {
        if (this.#cursor && frame['reset'] !== true) return
        this.#cursor = { epoch, seq: frame['seq'] as number }
        if (frame['reset'] !== true) return
        this.resets += 1
        this.#events.clear()
        return this.#socket.send({ type: 'history', room: this.#room, limit: 200 })
      }
      case 'history':
        for (const { seq, clientId } of frame['events'] as Seen[]) this.#events.set(seq, clientId)
    }
  }
}
