import { z } from 'zod'
import { DEFAULT_PAGE_MENTIONS, MAX_PAGE_MENTIONS } from '../../support/limits.ts'
import { storedEvent } from '../event.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const listMentions = operation({
  name: 'listMentions',
  summary:
    'Lists the messages that mention the user, or everyone in a room of the user, read or not, the newest first. A page can have none although another one follows.',
  input: z.object({
    cursor: fields.paged.cursor,
    limit: fields.optional(fields.between(1, MAX_PAGE_MENTIONS)).transform((limit) => limit ?? DEFAULT_PAGE_MENTIONS),
  }),
  output: z.object({
    mentions: z.array(storedEvent.extend({ room: fields.room })).readonly(),
    ...fields.next,
  }),
  isNew: true,
  http: { method: 'GET', path: '/api/chat/mentions' },
  handle({ cursor, limit }, { services, session }) {
    return services.mentions.page(session, cursor, limit)
  },
})
