import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Chat, OpenRoom } from '../state/chat.ts'
import type { Message } from '../state/messages.ts'
import { word } from '../words.ts'
import { Avatar } from './avatar.tsx'
import { Composer } from './composer.tsx'
import { MembersPanel } from './members-panel.tsx'
import { MessageRow } from './message-row.tsx'
import { titleOf } from './room-list.tsx'
import { dayOf, isSameDay } from './times.ts'

/** How near to its end a list must be so that new messages keep it there, CSS pixels. */
const NEAR_END_PX = 60

/** A room with its messages. */
export function RoomView({ chat, room }: { readonly chat: Chat; readonly room: OpenRoom }) {
  const [reply, setReply] = useState<Message | undefined>()
  const [editing, setEditing] = useState<Message | undefined>()
  const [hasPanel, setPanel] = useState(false)
  const known = chat.rooms.value.get(room.room)
  const pending = chat.pendingOf(room.room)
  return (
    <section class="room-view">
      <header>
        <button class="back quiet" aria-label={word('back')} onClick={() => chat.close()}>
          ‹
        </button>
        <Avatar
          name={known ? titleOf(known) : room.room}
          isOnline={known?.peer !== undefined && chat.online.value.has(known.peer)}
        />
        <h1>{known ? titleOf(known) : room.room}</h1>
        <button class="quiet" aria-expanded={hasPanel} onClick={() => setPanel(!hasPanel)}>
          {word('members')} {room.members.length}
        </button>
      </header>
      <div class="columns">
        <div class="conversation">
          <MessageList
            chat={chat}
            room={room}
            messages={[...room.messages, ...pending]}
            onReply={setReply}
            onEdit={setEditing}
          />
          <Typing chat={chat} room={room.room} />
          <Composer
            key={editing?.seq}
            chat={chat}
            room={room.room}
            reply={reply}
            editing={editing}
            onDone={() => {
              setReply(undefined)
              setEditing(undefined)
            }}
            onEditLast={() => setEditing(room.messages.findLast(({ sender, gone }) => sender === chat.me && !gone))}
          />
        </div>
        {hasPanel && <MembersPanel chat={chat} room={room} />}
      </div>
    </section>
  )
}

interface MessageListProps {
  readonly chat: Chat
  readonly room: OpenRoom
  readonly messages: readonly Message[]
  readonly onReply: (message: Message) => void
  readonly onEdit: (message: Message) => void
}

/** Keeps its place while earlier messages come, and stays at the end while new ones come. */
function MessageList({ chat, room, messages, onReply, onEdit }: MessageListProps) {
  const list = useRef<HTMLOListElement>(null)
  const isAtEnd = useRef(true)
  const heightBefore = useRef(0)
  const first = messages[0]?.seq
  const [hasNews, setNews] = useState(false)

  useLayoutEffect(() => {
    const element = list.current
    if (!element) return
    element.scrollTop += element.scrollHeight - heightBefore.current
  }, [first])
  useLayoutEffect(() => {
    const element = list.current
    if (!element) return
    heightBefore.current = element.scrollHeight
    if (isAtEnd.current) {
      element.scrollTop = element.scrollHeight
      chat.markRead()
    } else setNews(true)
  }, [messages.at(-1)?.clientId, room.isLoading])
  useEffect(() => {
    const seen = () => isAtEnd.current && chat.markRead()
    document.addEventListener('visibilitychange', seen)
    return () => document.removeEventListener('visibilitychange', seen)
  }, [])

  const onScroll = (): void => {
    const element = list.current
    if (!element) return
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX
    heightBefore.current = element.scrollHeight
    if (isAtEnd.current) {
      setNews(false)
      chat.markRead()
    }
  }
  const toEnd = (): void => list.current?.scrollTo({ top: list.current.scrollHeight, behavior: 'smooth' })

  return (
    <div class="messages" role="log" aria-label={word('messages')}>
      <ol ref={list} onScroll={onScroll} tabIndex={0}>
        {room.hasMore && (
          <li class="earlier">
            <button onClick={() => void chat.earlier()}>{word('earlier')}</button>
          </li>
        )}
        {messages.map((message, index) => {
          const before = messages[index - 1]
          const isNewDay = before === undefined || !isSameDay(before.at, message.at)
          return (
            <MessageRow
              key={`${message.sender}/${message.clientId}`}
              chat={chat}
              room={room}
              message={message}
              day={isNewDay ? dayOf(message.at) : undefined}
              isFirst={isNewDay || before?.sender !== message.sender}
              onReply={onReply}
              onEdit={onEdit}
            />
          )
        })}
        {room.notes.map(({ seq, user, change }) => (
          <li key={`note ${seq}`} class="note">
            {user} {word(`event_${change}` as 'event_joined')}
          </li>
        ))}
      </ol>
      {hasNews && (
        <button class="news" onClick={toEnd}>
          {word('newMessages')} ↓
        </button>
      )}
    </div>
  )
}

function Typing({ chat, room }: { readonly chat: Chat; readonly room: string }) {
  const users = [...(chat.typing.value.get(room)?.keys() ?? [])].filter((user) => user !== chat.me)
  return (
    <p class="typing" aria-live="polite">
      {users.length > 0 && `${users.slice(0, 5).join(', ')} ${word(users.length > 1 ? 'typingMany' : 'typing')}`}
    </p>
  )
}
