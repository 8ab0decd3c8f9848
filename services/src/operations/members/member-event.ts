import { z } from 'zod'
import type { UserEvent } from '../call.ts'
import * as fields from '../fields.ts'
import type { MemberRole } from '../../policy/types.ts'

/** The data of an event of the kind `member`. */
interface MemberChange {
  readonly user: string
  readonly change: 'joined' | 'left' | 'removed' | 'role' | 'muted'
  readonly role?: MemberRole
  /** Milliseconds since 1970, by the database's clock. */
  readonly mutedUntil?: number
}

/** What an operation on another member takes. */
export const onMember = z.object({ room: fields.room, user: fields.user, clientId: fields.clientId })

/** The event of a change of a member. */
export function memberEvent(clientId: string, data: MemberChange): UserEvent {
  return { kind: 'member', clientId, data: { ...data } }
}
