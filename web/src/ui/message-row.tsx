import { useState } from 'preact/hooks'
import type { Chat, OpenRoom } from '../state/chat.ts'
import type { Message } from '../state/messages.ts'
import { word } from '../words.ts'
import { Avatar } from './avatar.tsx'
import { MessageText } from './message-text.tsx'
import { timeOf } from './times.ts'

const REACTIONS = ['👍', '❤️', '😂', '🎉', '😮', '👀']

interface MessageRowProps {
  readonly chat: Chat
  readonly room: OpenRoom
  readonly message: Message
  /** Shown above it, where a day begins. */
  readonly day: string | undefined
  /** Whether it is the first of its sender after another one's. */
  readonly isFirst: boolean
  readonly onReply: (message: Message) => void
  readonly onEdit: (message: Message) => void
}

/** One message, with what can be done with it. */
export function MessageRow({ chat, room, message, day, isFirst, onReply, onEdit }: MessageRowProps) {
  const isOwn = message.sender === chat.me
  const isMentioned = message.mentions?.includes(chat.me) ?? false
  return (
    <>
      {day !== undefined && (
        <li class="day" role="separator">
          <span>{day}</span>
        </li>
      )}
      <li class={`message${isOwn ? ' is-own' : ''}${isFirst ? ' is-first' : ''}${isMentioned ? ' is-mentioned' : ''}`}>
        {isFirst ? <Avatar name={message.sender} isOnline={chat.online.value.has(message.sender)} /> : <span />}
        <div class="content">
          {isFirst && <strong class="sender">{message.sender}</strong>} <Quote room={room} message={message} />
          <MessageText message={message} me={chat.me} />
          <Reactions chat={chat} room={room} message={message} />
          <footer>
            {message.pinnedAt !== undefined && <span>📌 {word('pinned')}</span>}
            {message.editedAt !== undefined && !message.gone && <span>{word('edited')}</span>}
            <time dateTime={new Date(message.at).toISOString()}>{timeOf(message.at)}</time>
            <State chat={chat} room={room} message={message} />
          </footer>
        </div>
        {message.seq !== undefined && !message.gone && (
          <Actions chat={chat} message={message} seq={message.seq} onReply={onReply} onEdit={onEdit} />
        )}
      </li>
    </>
  )
}

/** The message that this one answers. */
function Quote({ room, message }: Pick<MessageRowProps, 'room' | 'message'>) {
  if (message.replyTo === undefined) return null
  const target = room.messages.find(({ seq }) => seq === message.replyTo)
  return (
    <blockquote>
      {target ? (
        <>
          <strong>{target.sender}</strong> {target.gone ? word('noLonger') : target.body.slice(0, 120)}
        </>
      ) : (
        `#${message.replyTo}`
      )}
    </blockquote>
  )
}

function Reactions({ chat, room, message }: Pick<MessageRowProps, 'chat' | 'room' | 'message'>) {
  const { seq, reactions } = message
  const names = Object.keys(reactions)
  if (seq === undefined || names.length === 0) return null
  return (
    <div class="reactions">
      {names.map((name) => {
        const isOwn = chat.ownReactions.value.has(`${room.room} ${seq} ${name}`)
        return (
          <button
            key={name}
            class={isOwn ? 'is-own' : ''}
            aria-pressed={isOwn}
            aria-label={`${name} ${reactions[name]}`}
            onClick={() => void chat.react(seq, name).catch(report)}
          >
            {name} {reactions[name]}
          </button>
        )
      })}
    </div>
  )
}

/** Of an own message: whether it is stored, and who has read it. */
function State({ chat, room, message }: Pick<MessageRowProps, 'chat' | 'room' | 'message'>) {
  const { state, error, clientId, seq, sender } = message
  if (state === 'waiting') return <span title={word('waiting')}>🕓 {word('waiting')}</span>
  if (state === 'failed')
    return (
      <span class="error">
        {word('failed')}: {error}{' '}
        <button class="link" onClick={() => chat.outbox.retry(clientId)}>
          {word('retry')}
        </button>{' '}
        <button class="link" onClick={() => chat.outbox.remove(clientId)}>
          {word('discard')}
        </button>
      </span>
    )
  if (sender !== chat.me || seq === undefined) return null
  const readers = Object.values(room.readBy).filter((upTo) => upTo >= seq).length
  if (readers === 0) return <span aria-hidden="true">✓</span>
  const isDirect = chat.rooms.value.get(room.room)?.kind === 'direct'
  return <span>✓✓ {isDirect ? word('read') : `${word('readBy')} ${readers}`}</span>
}

interface ActionsProps extends Pick<MessageRowProps, 'chat' | 'message' | 'onReply' | 'onEdit'> {
  readonly seq: number
}

function Actions({ chat, message, seq, onReply, onEdit }: ActionsProps) {
  const [isPicking, setPicking] = useState(false)
  const room = chat.current.value
  const role = (room && chat.rooms.value.get(room.room)?.role) ?? 'member'
  const isAdmin = role !== 'member'
  const isOwn = message.sender === chat.me
  return (
    <div class="message-actions">
      {isPicking &&
        REACTIONS.map((name) => (
          <button
            key={name}
            aria-label={`${word('react')} ${name}`}
            onClick={() => {
              setPicking(false)
              void chat.react(seq, name).catch(report)
            }}
          >
            {name}
          </button>
        ))}
      <button aria-label={word('react')} title={word('react')} onClick={() => setPicking(!isPicking)}>
        ☺
      </button>
      <button aria-label={word('reply')} title={word('reply')} onClick={() => onReply(message)}>
        ↩
      </button>
      {isOwn && (
        <button aria-label={word('edit')} title={word('edit')} onClick={() => onEdit(message)}>
          ✎
        </button>
      )}
      {(isOwn || isAdmin) && (
        <button aria-label={word('recall')} title={word('recall')} onClick={() => void chat.recall(seq).catch(report)}>
          ⌫
        </button>
      )}
      {isAdmin && (
        <button
          aria-label={word(message.pinnedAt === undefined ? 'pin' : 'unpin')}
          title={word(message.pinnedAt === undefined ? 'pin' : 'unpin')}
          onClick={() => void chat.pin(seq, message.pinnedAt === undefined ? 'add' : 'remove').catch(report)}
        >
          📌
        </button>
      )}
    </div>
  )
}

function report(error: unknown): void {
  window.alert((error as Error).message)
}
