import type { z } from 'zod'
import type { FeedRequest } from '../../protocol/feed-frames.ts'
import { AppError } from '../../support/errors.ts'
import { operation, type AnyOperation } from '../operation.ts'

interface FeedOperation {
  readonly name: string
  readonly summary: string
  readonly input: z.ZodObject
  readonly output: z.ZodObject
  readonly type: FeedRequest['type']
  /** The type of the answer; undefined: there is none. */
  readonly answer: string | undefined
  readonly isNew?: true
}

/** An operation that only a connection can do: it answers by itself, so that what it tells afterwards is newer. */
export function feedOperation({
  name,
  summary,
  input,
  output,
  type,
  answer = type,
  isNew,
}: FeedOperation): AnyOperation {
  return operation({
    name,
    summary,
    input,
    output,
    ...(isNew && { isNew }),
    frame: { type, ...(answer !== undefined && { answer: { type: answer } }) },
    async handle(asked, { connection, requestId }) {
      if (!connection) throw new AppError('internal', 'only a connection can do this')
      await connection.feed({ ...asked, type, requestId } as unknown as FeedRequest)
      return undefined
    },
  })
}
