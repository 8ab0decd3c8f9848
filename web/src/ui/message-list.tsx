import { useRef } from 'preact/hooks'
import type { Chat } from '../state/chat.ts'
import type { OpenRoom } from '../state/open-room.ts'
import type { Message } from '../state/messages.ts'
import { word } from '../words.ts'
import { MessageRow } from './message-row.tsx'
import { usePlace } from './place.ts'
import { dayOf, isSameDay } from './times.ts'

interface MessageListProps {
  readonly chat: Chat
  readonly room: OpenRoom
  readonly onReply: (message: Message) => void
  readonly onEdit: (message: Message) => void
}

/** The messages of a room that the page holds. Up and down go from one to the next, and Tab to its buttons. */
export function MessageList({ chat, room, onReply, onEdit }: MessageListProps) {
  const list = useRef<HTMLOListElement>(null)
  // Without a connection the end cannot be loaded, and those that wait are seen all the same.
  const messages = [...room.messages, ...chat.pendingOf(room.room)]
  const { hasNews, onScroll } = usePlace(list, chat, room, messages.at(-1)?.clientId)
  const bySeq = new Map(room.messages.map((message) => [message.seq, message]))
  const readSeqs = Object.values(room.readBy)
  return (
    <div class="messages" role="log" aria-label={word('messages')}>
      <ol ref={list} onScroll={onScroll} onKeyDown={moveFocus} tabIndex={0}>
        {room.hasMore && (
          <li class="earlier">
            <button onClick={() => void chat.shown.earlier().catch(() => undefined)}>{word('earlier')}</button>
          </li>
        )}
        {messages.map((message, index) => {
          const before = messages[index - 1]
          const isNewDay = before === undefined || !isSameDay(before.at, message.at)
          const { seq, sender } = message
          return (
            <MessageRow
              key={`${sender}/${message.clientId}`}
              chat={chat}
              room={room.room}
              message={message}
              day={isNewDay ? dayOf(message.at) : undefined}
              isFirst={isNewDay || before?.sender !== sender}
              target={message.replyTo === undefined ? undefined : bySeq.get(message.replyTo)}
              readers={seq === undefined || sender !== chat.me ? 0 : readSeqs.filter((upTo) => upTo >= seq).length}
              onReply={onReply}
              onEdit={onEdit}
            />
          )
        })}
        {room.notes.map(({ seq, user, change }) => (
          <li key={`note ${seq}`} class="note">
            <bdi>{chat.people.nameOf(user)}</bdi> {word(`event_${change}` as 'event_joined')}
          </li>
        ))}
      </ol>
      {hasNews && (
        <button class="news" onClick={() => void chat.shown.goToEnd().catch(() => undefined)}>
          {word('newMessages')} ↓
        </button>
      )}
    </div>
  )
}

/** From the field below, Shift and Tab come to the list. */
function moveFocus(event: KeyboardEvent & { readonly currentTarget: HTMLOListElement }): void {
  const { key, target, currentTarget } = event
  const isList = target === currentTarget
  if ((key !== 'ArrowUp' && key !== 'ArrowDown') || !(isList || (target as Element).matches('.message'))) return
  const rows = [...currentTarget.querySelectorAll<HTMLElement>(':scope > .message')]
  const from = isList ? rows.length : rows.indexOf(target as HTMLElement)
  const row = rows[from + (key === 'ArrowUp' ? -1 : 1)]
  if (!row) return
  event.preventDefault()
  row.focus({ preventScroll: true })
  row.scrollIntoView({ block: 'nearest' })
}
