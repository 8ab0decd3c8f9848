import { z } from 'zod'
import { MAX_DIRECTORY_ROOMS, MAX_QUERY_CHARACTERS } from '../../support/limits.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const directory = operation({
  name: 'listPublicRooms',
  summary: 'Lists the public rooms, the newest first. A page can have no rooms although another one follows.',
  input: z.object({
    query: fields
      .optional(fields.text(MAX_QUERY_CHARACTERS, { hasLines: false }))
      .describe('a part of the name, the title or the topic, in any case of letters'),
    cursor: fields.paged.cursor,
    limit: fields.optional(fields.between(1, MAX_DIRECTORY_ROOMS)).transform((value) => value ?? MAX_DIRECTORY_ROOMS),
  }),
  output: z.object({
    rooms: z
      .array(
        z.object({
          room: fields.room,
          title: z.string(),
          topic: z.string().optional(),
          join: fields.rules.join,
          members: fields.count.describe('at most 5000'),
          activeAt: fields.count.describe('the time of the last event; milliseconds since 1970'),
        }),
      )
      .readonly(),
    ...fields.next,
  }),
  isNew: true,
  http: { method: 'GET', path: '/api/chat/public-rooms' },
  frame: { type: 'public-rooms', answer: { type: 'public-rooms' } },
  handle({ query, cursor, limit }, { services }) {
    return services.directory.page(query, cursor, limit)
  },
})
