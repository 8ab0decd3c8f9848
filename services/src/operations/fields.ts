import { z } from 'zod'
import {
  DEFAULT_PAGE_EVENTS,
  DEFAULT_PAGE_ENTRIES,
  MAX_CURSOR_CHARACTERS,
  MAX_PAGE_ENTRIES,
  MAX_PAGE_EVENTS,
  MAX_TITLE_CHARACTERS,
} from '../support/limits.ts'
import { CLIENT_ID, KNOWN_ROOM_NAME, KNOWN_USER_NAME, ROOM_NAME, RULES } from '../protocol/names.ts'
import { textFault } from '../protocol/text.ts'

/** The fields that several operations have. Each states its whole rule as its error. */

/** A text of a form. */
export function named(pattern: RegExp, rule: string): z.ZodString {
  const error = `must be ${rule}`
  return z.string(error).regex(pattern, error)
}

/** A field that may be absent; `null` is the same. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined)
}

/** A text of one or more lines, as `textFault` allows it. */
export function text(
  maxCharacters: number,
  { hasLines, least = 1 }: { readonly hasLines: boolean; readonly least?: number },
): z.ZodString {
  const rule = `must be a text of ${least} to ${maxCharacters} characters`
  return z
    .string(rule)
    .min(least, rule)
    .max(maxCharacters, rule)
    .superRefine((value, context) => {
      const fault = textFault(value, { hasLines })
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
    })
}

const WHOLE_NUMBER = `must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`

/** A whole number from 0 on. */
export const count = z.int(WHOLE_NUMBER).min(0, WHOLE_NUMBER)

/** A whole number between two. */
export function between(least: number, most: number): z.ZodInt {
  const rule = `must be from ${least} to ${most}`
  return z.int(WHOLE_NUMBER).min(least, rule).max(most, rule)
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, `must be one of ${values.join(', ')}`)
}

/** The name of a room, those of `prove` too. */
export const room = named(KNOWN_ROOM_NAME, RULES.room)
/** The name of a room that a user chooses. */
export const newRoomName = named(ROOM_NAME, RULES.room)
export const user = named(KNOWN_USER_NAME, RULES.user).refine((name) => name.normalize('NFC') === name, {
  error: `must be ${RULES.user}`,
})
export const clientId = named(CLIENT_ID, RULES.clientId)
/** `bodyFault` has the other rules, because a body that breaks them may have been stored by another release. */
export const body = z.string(`must be ${RULES.body}`).describe(RULES.body)
export const title = text(MAX_TITLE_CHARACTERS, { hasLines: false })
/** The number of the message that an event changes. */
export const target = between(1, Number.MAX_SAFE_INTEGER)

/** Events of one page. */
export const pageLimit = optional(between(1, MAX_PAGE_EVENTS)).transform((value) => value ?? DEFAULT_PAGE_EVENTS)

/** The fields of a list that is read page by page. */
export const paged = {
  cursor: optional(named(new RegExp(`^[A-Za-z0-9_-]{1,${MAX_CURSOR_CHARACTERS}}$`), 'the "next" of the page before')),
  limit: optional(between(1, MAX_PAGE_ENTRIES)).transform((value) => value ?? DEFAULT_PAGE_ENTRIES),
}

/** What the page of a list answers beside its entries: the cursor of the next page, absent on the last one. */
export const next = { next: z.string().optional() }

/** What becomes of a reaction or a pin. */
export const change = oneOf(['add', 'remove'])

export const position = { epoch: count, seq: count }
export const role = oneOf(['owner', 'admin', 'member'])

/** Of which messages of a room a member wants to be notified. */
export const notify = oneOf(['all', 'mentions', 'none'])

/** A room's rules, as its members see and set them. */
export const rules = {
  join: oneOf(['open', 'request', 'invite']),
  post: oneOf(['everyone', 'admins']),
  history: oneOf(['all', 'since-joining']),
}
