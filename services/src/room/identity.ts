import type { EventIdentity } from '../protocol/events.ts'

/** The identity in an event's frame; undefined if it cannot be read. */
export function identityOf(payload: Buffer): EventIdentity | undefined {
  try {
    const { sender, clientId } = JSON.parse(payload.toString()) as Partial<EventIdentity>
    return sender === undefined || clientId === undefined ? undefined : { sender, clientId }
  } catch {
    return undefined
  }
}

/** Whether both are known and not the same event. */
export function differ(one: EventIdentity | undefined, other: EventIdentity | undefined): boolean {
  return one !== undefined && other !== undefined && !(one.sender === other.sender && one.clientId === other.clientId)
}

/** Whether two frames are of different events. Another release may build the frame of the same event differently. */
export function areOtherEvents(one: Buffer, other: Buffer): boolean {
  return !one.equals(other) && differ(identityOf(one), identityOf(other))
}
