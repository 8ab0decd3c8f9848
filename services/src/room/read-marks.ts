import type { Bus } from '../fanout/bus.ts'
import type { Database } from '../store/database.ts'
import { writeReadMarks, type NumberedMark, type ReadMark } from '../store/read-marks.ts'
import type { RoomKey } from '../store/rooms.ts'
import { AppError } from '../support/errors.ts'
import { MAX_WAITING_READ_MARKS, READ_MARK_INTERVAL_MS } from '../support/limits.ts'

export interface ReadMarksOptions {
  readonly database: Database
  readonly bus: Pick<Bus, 'publishEphemeral'>
  /** The database has a mark. */
  readonly onWritten: (mark: NumberedMark) => void
  readonly onError: (error: unknown) => void
  /** @default 1000 */
  readonly intervalMs?: number
}

interface Waiting extends ReadMark {
  readonly channel: string
}

/** Marks of two statements. */
const CHUNK_MARKS = 100

/**
 * Writes read marks once a second: of a user's marks in a room the last one alone. The members who look at the room are
 * told before that, and whether it can be written or not.
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
  add(room: RoomKey, mark: Omit<ReadMark, 'room'>): void {
    const key = keyOf(room.id, mark.user)
    const waiting = this.#waiting.get(key)
    if (!waiting && this.#waiting.size >= MAX_WAITING_READ_MARKS)
      throw new AppError('unavailable', `${MAX_WAITING_READ_MARKS} read marks wait to be written: try again later`)
    if (waiting && waiting.seq >= mark.seq) return
    this.#waiting.set(key, { ...mark, room: room.id, channel: room.channel })
    this.#schedule(this.#options.intervalMs ?? READ_MARK_INTERVAL_MS)
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
    const { bus, database, onWritten, onError } = this.#options
    const marks = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { channel, user, seq } of marks) bus.publishEphemeral(channel, { is: 'read', user, seq })
    const channels = new Map(marks.map(({ room, channel }) => [room, channel]))
    for (let at = 0; at < marks.length; at += CHUNK_MARKS) {
      const chunk = marks.slice(at, at + CHUNK_MARKS)
      try {
        for (const mark of await writeReadMarks(database, chunk)) {
          onWritten(mark)
          const { user, seq, no, mentions } = mark
          bus.publishEphemeral(channels.get(mark.room) ?? '', { is: 'marked', user, seq, no, mentions })
        }
      } catch (error) {
        onError(error)
        this.#keep(marks.slice(at))
        return
      }
    }
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
