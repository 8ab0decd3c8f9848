import { announceEntries } from '../fanout/inbox-announcer.ts'
import type { OperationServices } from '../operations/call.ts'
import type { Messages } from '../room/messages.ts'
import { DirectRooms } from '../store/direct-rooms.ts'
import { Directory } from '../store/directory.ts'
import type { InboxHead } from '../store/inbox.ts'
import { Invitations } from '../store/invitations.ts'
import { Members } from '../store/members.ts'
import { Mentions } from '../store/mentions.ts'
import { OwnRooms } from '../store/own-rooms.ts'
import { People } from '../store/people.ts'
import { Reports } from '../store/reports.ts'
import { RoomsAccess } from '../store/room-access.ts'
import type { Backend } from './backend.ts'

/** What the operations of `api` and `websocket` are done with. */
export function openOperations(backend: Backend, messages: Messages): OperationServices {
  const { database, rooms, events, features, kinds, blocks, bus, channelNames } = backend
  const announce = (heads: readonly InboxHead[]) => announceEntries(bus, channelNames, heads)
  return {
    rooms,
    events,
    messages,
    features,
    policy: kinds.policy,
    blocks,
    access: new RoomsAccess(database),
    members: new Members(database),
    invitations: new Invitations(database),
    ownRooms: new OwnRooms(database, announce),
    directRooms: new DirectRooms(database, announce),
    directory: new Directory(database),
    mentions: new Mentions(database),
    people: new People(database),
    reports: new Reports(database),
  }
}
