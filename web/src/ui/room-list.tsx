import { useRef, useState } from 'preact/hooks'
import { logOut } from '../state/app.ts'
import type { Chat } from '../state/chat.ts'
import type { Room } from '../state/rooms.ts'
import { word } from '../words.ts'
import { AccountDialog } from './account-dialog.tsx'
import { Avatar } from './avatar.tsx'
import { FoundPeople } from './found-people.tsx'
import { FoundRooms } from './found-rooms.tsx'
import { textOf } from './form.ts'
import { MentionsDialog } from './mentions.tsx'
import { PersonName } from './person-name.tsx'
import { titleOf } from './titles.ts'

type Asked = 'create' | 'direct' | 'join'

/** The user's rooms, the invitations, and the ways to more of them. */
export function RoomList({ chat }: { readonly chat: Chat }) {
  const [asked, setAsked] = useState<Asked | undefined>()
  const [hasMentions, setMentions] = useState(false)
  const [isOwn, setOwn] = useState(false)
  const mentions = chat.rooms.mentionsTotal.value
  const rooms = chat.rooms.sorted.value
  return (
    <nav class="rooms" aria-label={word('rooms')}>
      <header>
        <Avatar name={chat.people.nameOf(chat.me)} />
        <button class="quiet own-name" title={word('yourAccount')} onClick={() => setOwn(true)}>
          <PersonName chat={chat} user={chat.me} />
        </button>
        <button class="quiet" onClick={() => void logOut()}>
          {word('logOut')}
        </button>
      </header>
      <div class="actions">
        <button onClick={() => setAsked('direct')}>{word('newDirect')}</button>
        <button onClick={() => setAsked('create')}>{word('newRoom')}</button>
        <button onClick={() => setAsked('join')}>{word('joinRoom')}</button>
        <button onClick={() => setMentions(true)}>
          {word('mentionsOfMe')} {mentions > 0 && <span class="badge">{mentions > 99 ? '99+' : mentions}</span>}
        </button>
      </div>
      <Invitations chat={chat} />
      {rooms.length === 0 && <p class="hint">{word('noRooms')}</p>}
      <ul>
        {rooms.map((room) => (
          <RoomItem key={room.room} chat={chat} room={room} />
        ))}
      </ul>
      {asked && <Dialog chat={chat} asked={asked} onClose={() => setAsked(undefined)} />}
      {isOwn && <AccountDialog chat={chat} onClose={() => setOwn(false)} />}
      {hasMentions && <MentionsDialog chat={chat} onClose={() => setMentions(false)} />}
    </nav>
  )
}

function RoomItem({ chat, room }: { readonly chat: Chat; readonly room: Room }) {
  const { unread, mentions, peer } = room
  const isOpen = chat.current.value?.room === room.room
  return (
    <li>
      <button
        class={`room${isOpen ? ' is-open' : ''}${unread > 0 ? ' is-unread' : ''}`}
        aria-current={isOpen ? 'page' : undefined}
        onClick={() => void chat.open(room.room).catch(() => chat.shown.close())}
      >
        <Avatar name={titleOf(chat, room)} isOnline={peer !== undefined && chat.people.online.value.has(peer)} />
        <span class="title">{titleOf(chat, room)}</span>
        {chat.drafts.value[room.room] !== undefined && !isOpen && <span aria-hidden="true">✎</span>}
        {mentions > 0 && (
          <span class="badge mention">
            <span aria-hidden="true">@</span>
            <span class="only-read">
              {mentions} {word('mentions')}
            </span>
          </span>
        )}
        {unread > 0 && (
          <span class="badge">
            {unread > 99 ? '99+' : unread} <span class="only-read">{word('unread')}</span>
          </span>
        )}
      </button>
    </li>
  )
}

function Invitations({ chat }: { readonly chat: Chat }) {
  const invitations = chat.rooms.invitations.value
  if (invitations.length === 0) return null
  return (
    <section class="invitations" aria-label={word('invitations')}>
      {invitations.map(({ room, title }) => (
        <p key={room}>
          {title || room}
          <button class="primary" onClick={() => void chat.answerInvitation(room, 'accept')}>
            {word('accept')}
          </button>
          <button onClick={() => void chat.answerInvitation(room, 'decline')}>{word('decline')}</button>
        </p>
      ))}
    </section>
  )
}

const TITLES = { create: 'newRoom', direct: 'newDirect', join: 'joinRoom' } as const
const DONE = { create: 'create', direct: 'open', join: 'join' } as const

function Dialog({
  chat,
  asked,
  onClose,
}: {
  readonly chat: Chat
  readonly asked: Asked
  readonly onClose: () => void
}) {
  const [error, setError] = useState('')
  const [text, setText] = useState('')
  const dialog = useRef<HTMLDialogElement>(null)
  const show = async (room: Promise<string>): Promise<void> => {
    try {
      await chat.open(await room)
      onClose()
      // When a dialog closes, the browser gives the focus back to what opened it.
      requestAnimationFrame(() => document.querySelector<HTMLTextAreaElement>('.composer textarea')?.focus())
    } catch (fault) {
      setError((fault as Error).message)
    }
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const isPublic = textOf(event.currentTarget, 'public') !== ''
    void show(roomOf(chat, asked, textOf(event.currentTarget, 'text'), isPublic))
  }
  return (
    <dialog
      ref={(element) => {
        dialog.current = element
        if (element && !element.open) element.showModal()
      }}
      onClose={onClose}
      aria-label={word(TITLES[asked])}
    >
      <form onSubmit={submit}>
        <h2>{word(TITLES[asked])}</h2>
        <label>
          {word(asked === 'create' ? 'title' : asked === 'direct' ? 'userName' : 'roomName')}
          <input
            name="text"
            required
            maxLength={asked === 'create' ? 200 : 64}
            autocapitalize="none"
            autofocus
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
        {asked === 'create' && (
          <label class="check">
            <input type="checkbox" name="public" /> {word('publicRoom')}
          </label>
        )}
        {asked === 'join' && (
          <FoundRooms chat={chat} text={text.trim()} onPick={(room) => void show(Promise.resolve(room))} />
        )}
        {asked === 'direct' && (
          <FoundPeople chat={chat} text={text.trim()} onPick={(user) => void show(chat.direct(user))} />
        )}
        <p class="error" role="alert">
          {error}
        </p>
        <div class="row">
          <button type="button" onClick={() => dialog.current?.close()}>
            {word('cancel')}
          </button>
          <button class="primary">{word(DONE[asked])}</button>
        </div>
      </form>
    </dialog>
  )
}

/** The room that was asked for, which is made if need be. */
function roomOf(chat: Chat, asked: Asked, text: string, isPublic: boolean): Promise<string> {
  if (asked === 'direct') return chat.direct(text.normalize('NFC'))
  if (asked === 'join') return Promise.resolve(text)
  return chat.createRoom(isPublic ? 'public' : 'group', text, isPublic ? slugOf(text) : undefined)
}

/** A name for a public room; empty if the title has no letter that a name may have. */
const slugOf = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 64)
