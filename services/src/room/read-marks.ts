import type { Bus } from '../fanout/bus.ts'
import type { Database } from '../store/database.ts'
import { writeReadMarks, type NumberedMark, type ReadMark } from '../store/read-marks.ts'
import type { RoomKey } from '../store/rooms.ts'
import { AppError } from '../support/errors.ts'
import { MAX_WAITING_READ_MARKS, READ_MARK_INTERVAL_MS } from '../support/limits.ts'

export interface ReadMarksOptions {
  readonly database: Database
  readonly bus: Pick<Bus, 'publishEphemeral'>
  /** The last event of a room, as far as this process knows; 0 if it does not. */
  readonly lastSeqOf: (room: number) => number
  /** The database has a mark. */
  readonly onWritten: (mark: NumberedMark) => void
  readonly onError: (error: unknown) => void
  /** @default 1000 */
  readonly intervalMs?: number
}

interface Waiting extends ReadMark {
  readonly channel: string
  /** The members who look at the room know of it. */
  isTold: boolean
}

/** `isSecret`: nobody else is told of it. */
type Offered = Omit<ReadMark, 'room'> & { readonly isSecret?: boolean }

/** Marks of two statements. */
const CHUNK_MARKS = 100

/**
 * Writes read marks once a second: of a user's marks in a room the last one alone. The members who look at the room are
 * told of each once: before it is written, and whether it can be or not. A mark beyond the last event that this process
 * knows is told when it is written, with the number that the database has made of it.
 */
export class ReadMarks {
  readonly #options: ReadMarksOptions
  readonly #waiting = new Map<string, Waiting>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(options: ReadMarksOptions) {
    this.#options = options
  }

  /** Marks that are not written yet. */
  get size(): number {
    return this.#waiting.size
  }

  /** @throws AppError `unavailable` if too many marks wait */
  add(room: RoomKey, mark: Offered): void {
    if (!this.offer(room, mark))
      throw new AppError('unavailable', `${MAX_WAITING_READ_MARKS} read marks wait to be written: try again later`)
  }

  /** Drops a mark for which nobody waits if too many marks wait. @returns whether it was taken */
  offer(room: RoomKey, { isSecret = false, ...mark }: Offered): boolean {
    const key = keyOf(room.id, mark.user)
    const waiting = this.#waiting.get(key)
    if (!waiting && this.#waiting.size >= MAX_WAITING_READ_MARKS) return false
    if (waiting && waiting.seq >= mark.seq) return true
    this.#waiting.set(key, { ...mark, room: room.id, channel: room.channel, isTold: isSecret })
    this.#schedule(this.#options.intervalMs ?? READ_MARK_INTERVAL_MS)
    return true
  }

  /** Writes all marks now. Never rejects: what cannot be written waits for the next time. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  /** Writes all marks in this turn of the event loop: somebody who has left may come back elsewhere at once. */
  hurry(): void {
    if (this.#waiting.size === 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#schedule(0)
  }

  #schedule(delayMs: number): void {
    this.#timer ??= setTimeout(() => void this.flush(), delayMs)
  }

  async #write(): Promise<void> {
    const { database, onError, lastSeqOf } = this.#options
    const marks = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const mark of marks) if (mark.seq <= lastSeqOf(mark.room)) this.#tell(mark, mark.seq)
    for (let at = 0; at < marks.length; at += CHUNK_MARKS) {
      const chunk = marks.slice(at, at + CHUNK_MARKS)
      try {
        this.#onWritten(chunk, await writeReadMarks(database, chunk))
      } catch (error) {
        onError(error)
        this.#keep(marks.slice(at))
        return
      }
    }
  }

  #onWritten(marks: readonly Waiting[], written: readonly NumberedMark[]): void {
    const { bus, onWritten } = this.#options
    const waited = new Map(marks.map((mark) => [keyOf(mark.room, mark.user), mark]))
    for (const mark of written) {
      onWritten(mark)
      const { room, user, seq, no, mentions } = mark
      const told = waited.get(keyOf(room, user))
      if (!told) continue
      this.#tell(told, seq)
      bus.publishEphemeral(told.channel, { is: 'marked', user, seq, no, mentions })
    }
  }

  #tell(mark: Waiting, seq: number): void {
    if (mark.isTold) return
    mark.isTold = true
    this.#options.bus.publishEphemeral(mark.channel, { is: 'read', user: mark.user, seq })
  }

  /** For the next time, unless there is a later mark. */
  #keep(marks: readonly Waiting[]): void {
    for (const mark of marks) {
      const key = keyOf(mark.room, mark.user)
      if (!this.#waiting.has(key)) this.#waiting.set(key, mark)
    }
    this.#schedule(this.#options.intervalMs ?? READ_MARK_INTERVAL_MS)
  }
}

const keyOf = (room: number, user: string) => `${room}\0${user}`
