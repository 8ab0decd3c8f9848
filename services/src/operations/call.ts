import type { Feed, FeedOutlet } from '../feed/feed.ts'
import type { FeedServices } from '../feed/feed-services.ts'
import { forbidden } from '../kinds/ask.ts'
import type { Policy, Verdict } from '../policy/policy.ts'
import type { Action, Member } from '../policy/types.ts'
import type { Reader } from '../policy/visible.ts'
import type { Cursor } from '../protocol/client-frames.ts'
import type { LiveRoom } from '../room/live-room.ts'
import type { Messages, NewAction } from '../room/messages.ts'
import type { Session } from '../session/tokens.ts'
import type { Blocks } from '../store/blocks.ts'
import type { Position } from '../store/new-event.ts'
import type { DirectRooms } from '../store/direct-rooms.ts'
import type { Directory } from '../store/directory.ts'
import type { Events } from '../store/events.ts'
import type { Features } from '../store/features.ts'
import type { Invitations } from '../store/invitations.ts'
import type { Members } from '../store/members.ts'
import type { Mentions } from '../store/mentions.ts'
import type { OwnRooms } from '../store/own-rooms.ts'
import type { People } from '../store/people.ts'
import type { Reports } from '../store/reports.ts'
import type { RoomAccess, RoomsAccess } from '../store/room-access.ts'
import { noSuchRoom, notJoined, type RoomKey, type Rooms } from '../store/rooms.ts'
import type { AppError } from '../support/errors.ts'

/** What operations are done with. */
export interface OperationServices {
  readonly rooms: Rooms
  readonly events: Events
  readonly messages: Pick<Messages, 'append'>
  readonly access: RoomsAccess
  readonly members: Members
  readonly invitations: Invitations
  readonly ownRooms: OwnRooms
  readonly directRooms: DirectRooms
  readonly directory: Directory
  readonly blocks: Blocks
  readonly mentions: Mentions
  readonly people: People
  readonly reports: Pick<Reports, 'add'>
  readonly features: Pick<Features, 'isOn' | 'isOnEverywhere'>
  readonly policy: Policy
}

/** The connection over which an operation was asked for. */
export interface LiveConnection {
  readonly rooms: {
    /** Answers with a `joined` frame. @param answer fields to add to it */
    join(room: string, request: JoinRequest, answer: { requestId?: string }): Promise<void>
    leave(room: string): void
    /** Undefined for a room that the connection has not joined. */
    find(room: string): LiveRoom | undefined
    /** @throws AppError `forbidden` if the connection has not joined the room */
    room(room: string): LiveRoom
    /** What the user may read now. @throws AppError `forbidden` for one who is no member */
    reader(room: RoomKey, session: Session): Promise<Reader>
    /** Reads a page in its turn. */
    read<T>(work: () => Promise<T>): Promise<T>
  }
  readonly outlet: FeedOutlet
  readonly feed: Feed
  readonly feeds: FeedServices
  /** Goes on with another token of the same session. @throws AppError `unauthorized`, `forbidden` */
  renew(token: string): Promise<Session>
}

/** A join of one room. */
export interface JoinRequest {
  readonly after: Cursor | undefined
  readonly session: Session
  /** Finds the room, and what makes the user a member of it, which is done once no event of the room can be missed. */
  readonly admit: () => Promise<Admitted>
}

export interface Admitted {
  readonly key: RoomKey
  readonly enrol: () => Promise<Member>
}

/** No room has this id. */
const noRoom = (slug: string): RoomKey => ({ id: 0, slug, channel: '' })

/** One request for an operation. */
export class Call {
  /** What the user must be allowed to do in the room. */
  readonly action: Action | undefined
  readonly session: Session
  readonly services: OperationServices
  /** Undefined for an HTTP request. */
  readonly connection: LiveConnection | undefined
  readonly requestId: string | undefined

  constructor(options: {
    action: Action | undefined
    session: Session
    services: OperationServices
    connection?: LiveConnection
    requestId?: string | undefined
  }) {
    this.action = options.action
    this.session = options.session
    this.services = options.services
    this.connection = options.connection
    this.requestId = options.requestId
  }

  /**
   * The room, if the user may do the operation's action in it.
   *
   * @param subject the name of the user on whom it is done
   * @throws AppError `forbidden`, or `not_found` in the same words for a room that does not exist and for one that the
   * user may not know of
   */
  async enter(slug: string, subject?: string): Promise<RoomAccess> {
    const { found, refusal } = await this.#look(slug, subject)
    if (!found || refusal) throw refusal ?? noSuchRoom(slug)
    return found
  }

  async #look(slug: string, subject?: string): Promise<{ found?: RoomAccess | undefined; refusal?: AppError }> {
    const found = await this.services.access.find(slug, this.session.user, subject)
    const { action } = this
    const verdict = found && action ? this.#may(action, found) : 'absent'
    if (verdict === 'yes') return { found }
    if (!found || !action || verdict === 'absent') return { found, refusal: noSuchRoom(slug) }
    return {
      found,
      refusal: found.asker.member || action === 'join' ? forbidden(action, found.rules) : notJoined(slug),
    }
  }

  #may(action: Action, { rules: room, asker, subject, now }: RoomAccess): Verdict {
    const { account: actor, member, invitation } = asker
    // As in the release before: everyone may join any room, and members may do the rest.
    if (!this.services.features.isOn) return member || action === 'join' ? 'yes' : 'forbidden'
    if (!actor) return 'absent'
    const isInvited = invitation === 'invited'
    // Who is a member already joins again from another connection.
    const asked = member && action === 'join' ? 'read' : action
    const isInviter = subject.invitedBy === actor.userId
    return this.services.policy.may(asked, { actor, room, member, isInvited, isInviter, subject: subject.member, now })
  }

  /**
   * Stores an event in a room that the connection has joined. It is queued before this returns, so the events of a
   * connection keep their order. Over HTTP it is as `append`.
   *
   * @throws AppError `forbidden` for a room that is not joined, unless the event was stored before: whoever was removed
   * meanwhile sends it again without an acknowledgement
   */
  async send(slug: string, event: UserEvent): Promise<Stored> {
    if (!this.connection) return this.append(slug, event)
    const joined = this.connection.rooms.find(slug)
    if (joined) return this.#store(joined.key, event)
    const found = await this.services.access.find(slug, this.session.user)
    return this.#store(found?.key ?? noRoom(slug), { ...event, fault: notJoined(slug) })
  }

  /**
   * Stores an event in a room that the user may enter. Whoever may not do so any more, and has stored the event before,
   * gets the same answer as then. A room that does not exist and one that the user may not know of take the same
   * statements.
   *
   * @param options.subject the name of the user on whom it is done
   * @param options.check returns what else speaks against it
   * @throws AppError as `enter` does, and what the rules of the event's kind refuse
   */
  async append(slug: string, event: UserEvent, options: AppendOptions = {}): Promise<Stored> {
    const { found, refusal } = await this.#look(slug, options.subject)
    const fault = refusal ?? (found && options.check?.(found)) ?? event.fault
    return this.#store(found?.key ?? noRoom(slug), { ...event, fault })
  }

  async #store(room: RoomKey, event: UserEvent): Promise<Stored> {
    const { user: sender } = this.session
    const position = await this.services.messages.append(room, { ...event, body: event.body ?? '', sender })
    return { ...position, room: room.slug, clientId: event.clientId }
  }
}

interface AppendOptions {
  readonly subject?: string
  readonly check?: (found: RoomAccess) => AppError | undefined
}

/** What an operation says of its event. */
export type UserEvent = Omit<NewAction, 'sender' | 'senderId' | 'body'> & { readonly body?: string }

/** The answer to an operation that stores an event. */
export interface Stored extends Position {
  readonly room: string
  readonly clientId: string
}
