import { z } from 'zod'
import {
  MAX_DEVICE_KEY_CHARACTERS,
  MAX_DEVICE_NAME_CHARACTERS,
  MAX_INVITATION_CHARACTERS,
  MAX_INVITATION_HOURS,
  MAX_INVITATION_USES,
  MAX_REASON_CHARACTERS,
} from '../support/limits.ts'
import { isProbeName, isUserName, RULES } from '../protocol/names.ts'
import { between, paged } from '../operations/fields.ts'
import { textFault } from '../protocol/text.ts'
import { newNameFault } from '../protocol/user-names.ts'

const rule = (holds: (value: unknown) => boolean, text: string) => z.custom<string>(holds, { error: `must be ${text}` })

const userName = z.unknown().superRefine((value, context) => {
  const fault = newNameFault(value)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
}) as z.ZodType<string>
const knownUser = rule((value) => isUserName(value) || isProbeName(value), RULES.user)
/** A text of one line. */
function line(maxCharacters: number) {
  const rule = `must be a text of 1 to ${maxCharacters} characters`
  return z
    .string(rule)
    .min(1, rule)
    .max(maxCharacters, rule)
    .superRefine((value, context) => {
      const fault = textFault(value, { hasLines: false })
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
    })
}

const password = z.string('must be a text')

const DEVICE_KEY = /^[!-~]+$/
const MIN_DEVICE_KEY_CHARACTERS = 22
const deviceKey = rule(
  (value) =>
    typeof value === 'string' &&
    value.length >= MIN_DEVICE_KEY_CHARACTERS &&
    value.length <= MAX_DEVICE_KEY_CHARACTERS &&
    DEVICE_KEY.test(value),
  `${MIN_DEVICE_KEY_CHARACTERS} to ${MAX_DEVICE_KEY_CHARACTERS} random ASCII characters without spaces`,
)
const device = z.object({ key: deviceKey, name: line(MAX_DEVICE_NAME_CHARACTERS).optional() }, 'must be a JSON object')

/** A page asks for a session in a cookie, which belongs to the device that it names. */
function withCookie<T extends { device?: { key: string } | undefined; cookie?: true | undefined }>(
  { cookie, ...body }: T,
  context: z.RefinementCtx,
) {
  if (cookie && body.device === undefined)
    context.addIssue({ code: 'custom', path: ['device'], message: 'must be there if cookie is true' })
  return { ...body, device: body.device, cookie: cookie && body.device && { key: body.device.key } }
}
const cookie = z.literal(true, 'must be true or absent').optional()
const INVITATION = /^[A-Za-z0-9_-]+$/
const invitation = rule(
  (value) => typeof value === 'string' && value.length <= MAX_INVITATION_CHARACTERS && INVITATION.test(value),
  'the code of an invitation',
)

export const newUser = z
  .object({ name: userName, password, device: device.optional(), cookie, invitation: invitation.optional() })
  .transform(withCookie)
export const credentials = z
  .object({ name: knownUser, password, device: device.optional(), cookie })
  .transform(withCookie)
/** A refresh of the session in the cookie. */
export const cookieRefresh = z.object({ cookie: z.literal(true) })
export const refresh = z.object({ refreshToken: z.string('must be a text'), deviceKey: deviceKey.optional() })
export const newPassword = z.object({ oldPassword: password, newPassword: password })
/** Who does something dangerous proves to be the user again. */
export const ownPassword = z.object({ password })
export const sessionPath = z.object({ id: z.string() })
export const userPath = z.object({ name: knownUser })
export const ban = z.object({
  /** @default without an end */
  until: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2030-01-31T12:00:00Z' })
    .transform((text) => Date.parse(text))
    .optional(),
  reason: line(MAX_REASON_CHARACTERS),
})
const WHOLE = /^[0-9]{1,9}$/
/** The query of a list. */
export const page = z.object({
  ...paged,
  limit: z.preprocess((text) => (typeof text === 'string' && WHOLE.test(text) ? Number(text) : text), paged.limit),
})
export const newRole = z.object({
  role: z.enum(['user', 'staff', 'admin'], 'must be user, staff or admin'),
  reason: line(MAX_REASON_CHARACTERS),
})
/** Why an administrator acts. */
export const because = z.object({ reason: line(MAX_REASON_CHARACTERS) })
/** An invitation to register. */
export const newInvitation = z.object({
  uses: between(1, MAX_INVITATION_USES).default(1),
  hours: between(1, MAX_INVITATION_HOURS).default(24 * 7),
})
/** A number in a path. */
export const idPath = z.object({ id: z.string().regex(WHOLE, 'must be an "id" of the list').transform(Number) })
export const reportPage = page.extend({
  state: z.enum(['open', 'closed'], 'must be open or closed').default('open'),
})

export { parse } from '../operations/input.ts'
