import { z } from 'zod'
import type { Action } from '../policy/types.ts'
import type { Call } from './call.ts'

/** How an operation is asked for over HTTP. */
export interface HttpBinding {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** With fields of the input as `:field`. The other fields are in the query of a GET, else in the body. */
  readonly path: `/api/chat/${string}`
  /** Of an answer to something new; what was stored before is answered with 200. @default 200 */
  readonly status?: 200 | 201
  /** Fields of the input that only a frame has. */
  readonly without?: readonly string[]
}

/** How an operation is asked for over a WebSocket. */
export interface FrameBinding {
  readonly type: string
  /** Frames of one type can differ in the `kind` of event that they ask for. */
  readonly kind?: string
  /** Fields of the input that only an HTTP request has. */
  readonly without?: readonly string[]
  /** @default none but an error */
  readonly answer?: {
    readonly type: string
    /** What the answer has. @default the operation's output */
    readonly fields?: z.ZodObject
  }
}

/** A limit of a user over all processes, of operations that have no frame. */
export type CountedLimit = 'rooms' | 'people' | 'reports'

/**
 * Something that a user can ask for. It is the same over HTTP and WebSocket, and takes its turn in the user's requests
 * a minute or the pace of the user's connections.
 */
export interface Operation<Input extends z.ZodObject, Output extends z.ZodObject> {
  /** In camel case, unique. */
  readonly name: string
  /** One sentence, for the reference. */
  readonly summary: string
  readonly input: Input
  readonly output: Output
  /** What the user must be allowed to do in the room. @default every user may */
  readonly action?: Action
  /**
   * `rooms`, `reports`: counts among the rooms that a user makes, or the messages that one reports, in an hour. `people`:
   * counts among the searches for people in a minute. These are counted over HTTP alone. `unacknowledged`: over a connection
   * later frames do not wait for its answer, and it counts among the messages without an acknowledgement.
   *
   * @default neither
   */
  readonly limit?: CountedLimit | 'unacknowledged'
  /** Whether it is refused as `unavailable` while pods of the release before may run. @default false */
  readonly isNew?: true
  readonly http?: HttpBinding
  readonly frame?: FrameBinding
  /** Undefined if the connection was answered already. @throws AppError */
  handle(input: z.output<Input>, call: Call): Promise<Answer<Output> | undefined>
}

/** An answer may have more fields than the schema: they are left out. `repeated` says that nothing new was stored. */
type Answer<Output extends z.ZodObject> = z.input<Output> & { readonly repeated?: boolean }

export type AnyOperation = Operation<z.ZodObject, z.ZodObject>

/** An operation, of which the types of its name, input and answer are known. */
export type Typed<Name extends string, Input extends z.ZodObject, Output extends z.ZodObject> = AnyOperation & {
  readonly name: Name
  readonly input: Input
  readonly output: Output
}

/** An operation whose types are known from its schemas. */
export function operation<const Name extends string, Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: Operation<Input, Output> & { readonly name: Name },
): Typed<Name, Input, Output> {
  return definition
}

/** The input of an operation as one transport takes it. */
export function inputOf({ input }: AnyOperation, { without = [] }: HttpBinding | FrameBinding): z.ZodObject {
  return z.object(Object.fromEntries(Object.entries(input.shape).filter(([name]) => !without.includes(name))))
}
