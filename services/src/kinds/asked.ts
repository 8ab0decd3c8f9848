import { DIRECT } from '../policy/room-kinds.ts'
import type { NewEvent } from '../store/new-event.ts'
import type { LockedRoom } from '../store/room-locks.ts'
import type { EventKind } from './kind.ts'
import { MEMBER, type MemberData } from './member.ts'
import { EDIT, RECALL } from './message.ts'
import { REACTION } from './reaction.ts'
import { SETTINGS } from './settings.ts'

/** When the text of a target is read: it is up to 16 KiB, and most events do not need it. */
export type NeedOfText = 'never' | 'if it has no hash' | 'always'

/** What the decisions about a batch need, beside the locked rooms. */
export interface Asked {
  /** The names of users by room. */
  readonly people: ReadonlyMap<number, ReadonlySet<string>>
  /** The events that others are about, by number, by room. */
  readonly targets: ReadonlyMap<number, ReadonlyMap<number, NeedOfText>>
  /** Messages that are recalled: the role of their senders matters. */
  readonly recalled: ReadonlyMap<number, ReadonlySet<number>>
  /** Rooms whose owner is asked for. */
  readonly owned: readonly number[]
  readonly reactions: readonly { room: number; seq: number; reaction: string; name: string }[]
  /** Rooms whose members are counted; all of them if `most` is undefined. */
  readonly counted: readonly { readonly room: number; readonly most: number | undefined }[]
  /** Direct rooms, where one may not hear the other. */
  readonly direct: readonly number[]
  /** Who mentions whom. */
  readonly mentions: readonly (readonly [from: string, to: string])[]
  /** Rooms with new settings, whose members are told of them. */
  readonly told: readonly number[]
}

/** @param kindOf undefined for a kind that is not registered; its events need nothing, because they are refused */
export function askedBy(
  events: readonly NewEvent[],
  rooms: ReadonlyMap<number, LockedRoom>,
  kindOf: (name: string) => EventKind | undefined,
  isSystem: (event: NewEvent) => boolean,
): Asked {
  const people = new Map<number, Set<string>>()
  const targets = new Map<number, Map<number, NeedOfText>>()
  const recalled = new Map<number, Set<number>>()
  const needs = (room: number, seq: number, need: NeedOfText) => {
    const group = groupOf(targets, room, () => new Map<number, NeedOfText>())
    if (rankOf(need) >= rankOf(group.get(seq))) group.set(seq, need)
  }
  for (const event of events) {
    const kind = kindOf(event.kind)
    if (!kind) continue
    const names = groupOf(people, event.room, () => new Set<string>())
    if (!isSystem(event)) names.add(event.sender)
    for (const name of kind.people?.(event) ?? []) names.add(name)
    for (const seq of kind.references?.(event) ?? []) needs(event.room, seq, 'never')
    if (event.target === undefined) continue
    needs(event.room, event.target, needOfText(kind))
    if (kind === RECALL) groupOf(recalled, event.room, () => new Set<number>()).add(event.target)
  }
  const handsOver = (event: NewEvent) => isChange(event, 'role') && event.data?.['role'] === 'owner'
  return {
    people,
    targets,
    recalled,
    owned: roomsOf(events, handsOver),
    reactions: events.flatMap(({ kind, room, target, sender: name, data }) =>
      kind === REACTION.name && target !== undefined
        ? [{ room, seq: target, reaction: String(data?.['reaction']), name }]
        : [],
    ),
    counted: counted(events, rooms),
    direct: roomsOf(events, ({ room }) => rooms.get(room)?.rules.kind === DIRECT.name),
    mentions: events.filter((event) => !isSystem(event)).flatMap(mentionsOf),
    told: roomsOf(events, ({ kind }) => kind === SETTINGS.name),
  }
}

function mentionsOf({ sender, data }: NewEvent): [from: string, to: string][] {
  const mentions = data?.['mentions']
  return Array.isArray(mentions) ? mentions.map((name) => [sender, String(name)]) : []
}

/** The text of an edited message is kept. Of a message of the release before, which has no hash, it tells a repeat after a recall. */
function needOfText(kind: EventKind): NeedOfText {
  if (kind === EDIT) return 'always'
  return kind === RECALL ? 'if it has no hash' : 'never'
}

function rankOf(need: NeedOfText | undefined): number {
  return need === undefined ? -1 : ['never', 'if it has no hash', 'always'].indexOf(need)
}

function groupOf<G>(groups: Map<number, G>, room: number, make: () => G): G {
  const known = groups.get(room)
  if (known) return known
  const group = make()
  groups.set(room, group)
  return group
}

/**
 * The rooms whose members are counted: all where a limit may keep somebody out, and where somebody leaves as many as
 * tell whether an owner would leave others behind, after those of the batch who go first.
 */
function counted(events: readonly NewEvent[], rooms: ReadonlyMap<number, LockedRoom>): Asked['counted'] {
  const limits = new Set(
    roomsOf(events, ({ kind, data }) => kind === SETTINGS.name && typeof data?.['maxMembers'] === 'number'),
  )
  const isLimited = (room: number) => limits.has(room) || rooms.get(room)?.maxMembers !== undefined
  const full = new Set(roomsOf(events, (event) => isChange(event, 'joined') && isLimited(event.room)))
  const isEnd = (event: NewEvent) => isChange(event, 'left') || isChange(event, 'removed')
  const gone = new Map<number, number>()
  for (const event of events) if (isEnd(event)) gone.set(event.room, (gone.get(event.room) ?? 0) + 1)
  const left = roomsOf(events, isEnd).filter((room) => !full.has(room))
  return [
    ...[...full].map((room) => ({ room, most: undefined })),
    ...left.map((room) => ({ room, most: 2 + (gone.get(room) ?? 0) })),
  ]
}

function isChange({ kind, data }: NewEvent, change: MemberData['change']): boolean {
  return kind === MEMBER.name && data?.['change'] === change
}

function roomsOf(events: readonly NewEvent[], holds: (event: NewEvent) => boolean): number[] {
  return [...new Set(events.filter(holds).map(({ room }) => room))]
}
