import type { ServerFrame } from './link.ts'
import { FRAMES, type AnswerOf, type FrameOperation, type InputOf } from './operations.ts'
import { RefusedError } from './types.ts'

interface Waiting {
  readonly resolve: (frame: ServerFrame) => void
  readonly reject: (error: Error) => void
}

/** Requests without an answer; further ones are refused. */
const MAX_WAITING = 1000

/** Asks for operations over a connection, and finds their answers. */
export class Asking {
  readonly #send: (text: string) => boolean
  readonly #waiting = new Map<string, Waiting>()
  #count = 0

  /** @param send returns whether there is a connection */
  constructor(send: (text: string) => boolean) {
    this.#send = send
  }

  async ask<N extends FrameOperation>(name: N, input: InputOf<N>): Promise<AnswerOf<N>> {
    if (this.#waiting.size >= MAX_WAITING)
      throw new RefusedError('unavailable', `${MAX_WAITING} requests have no answer yet: wait for some of them`)
    const requestId = `ask-${(this.#count += 1)}`
    const { promise, resolve, reject } = Promise.withResolvers<ServerFrame>()
    this.#waiting.set(requestId, { resolve, reject })
    if (!this.#send(JSON.stringify({ ...(input as object), ...FRAMES[name], requestId }))) this.lost()
    return (await promise) as unknown as AnswerOf<N>
  }

  /** @returns whether the frame is the answer to one of these requests */
  receive({ requestId, ...frame }: ServerFrame): boolean {
    const waiting = typeof requestId === 'string' ? this.#waiting.get(requestId) : undefined
    if (!waiting) return false
    this.#waiting.delete(requestId as string)
    const { code, message } = frame as { code?: string; message?: string }
    if (frame.type === 'error') waiting.reject(new RefusedError(code ?? 'unknown', message ?? ''))
    else waiting.resolve(frame)
    return true
  }

  /** The connection was lost: whether what was asked for has happened is not known. */
  lost(): void {
    for (const { reject } of this.#waiting.values())
      reject(new RefusedError('unavailable', 'there is no connection: ask again when the client is connected'))
    this.#waiting.clear()
  }
}
