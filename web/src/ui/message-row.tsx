import { useState } from 'preact/hooks'
import type { Chat } from '../state/chat.ts'
import { isMentioned } from '../state/mentions.ts'
import type { Message } from '../state/messages.ts'
import { word } from '../words.ts'
import { Avatar } from './avatar.tsx'
import { MessageText } from './message-text.tsx'
import { PersonName } from './person-name.tsx'
import { ReportDialog } from './report-dialog.tsx'
import { timeOf } from './times.ts'

const REACTIONS = ['👍', '❤️', '😂', '🎉', '😮', '👀']

interface MessageRowProps {
  readonly chat: Chat
  readonly room: string
  readonly message: Message
  /** Shown above it, where a day begins. */
  readonly day: string | undefined
  /** Whether it is the first of its sender after another one's. */
  readonly isFirst: boolean
  /** The message that it answers, if the page holds it. */
  readonly target: Message | undefined
  /** How many others have read it. */
  readonly readers: number
  readonly onReply: (message: Message) => void
  readonly onEdit: (message: Message) => void
}

/** One message, with what can be done with it. It is drawn anew only when one of its properties is another. */
export function MessageRow(props: MessageRowProps) {
  const { chat, message, day, isFirst, target } = props
  const { seq } = message
  const [isShown, setShown] = useState(false)
  const [isActive, setActive] = useState(false)
  const [isReporting, setReporting] = useState(false)
  const activate = (): void => setActive(true)
  const isOwn = message.sender === chat.me
  const isFolded = chat.blocks.users.value.has(message.sender) && !isShown
  const marks = [isOwn && 'is-own', isFirst && 'is-first', !isFolded && isMentioned(message, chat.me) && 'is-mentioned']
  return (
    <>
      {day !== undefined && (
        <li class="day">
          <span>{day}</span>
        </li>
      )}
      <li
        class={['message', ...marks].filter(Boolean).join(' ')}
        tabIndex={-1}
        data-seq={message.seq}
        onMouseEnter={activate}
        onFocusIn={activate}
      >
        {isFirst ? (
          <Avatar name={chat.people.nameOf(message.sender)} isOnline={chat.people.online.value.has(message.sender)} />
        ) : (
          <span />
        )}
        <div class="content">
          {isFirst && (
            <strong class="sender">
              <PersonName chat={chat} user={message.sender} />
            </strong>
          )}
          {isFolded ? (
            <p class="gone">
              {word('fromBlocked')}{' '}
              <button class="link" onClick={() => setShown(true)}>
                {word('show')}
              </button>
            </p>
          ) : (
            <>
              <Quote chat={chat} seq={message.replyTo} target={target} />
              <MessageText message={message} me={chat.me} />
              <Reactions {...props} />
            </>
          )}
          <footer>
            {message.pinnedAt !== undefined && <span>📌 {word('pinned')}</span>}
            {message.editedAt !== undefined && !message.gone && <span>{word('edited')}</span>}
            <time dateTime={new Date(message.at).toISOString()}>{timeOf(message.at)}</time>
            <State {...props} />
          </footer>
        </div>
        {isActive && seq !== undefined && !message.gone && !isFolded && (
          <Actions {...props} seq={seq} onReport={() => setReporting(true)} />
        )}
        {isReporting && seq !== undefined && (
          <ReportDialog onReport={(reason) => chat.acts.report(seq, reason)} onClose={() => setReporting(false)} />
        )}
      </li>
    </>
  )
}

interface QuoteProps extends Pick<MessageRowProps, 'chat' | 'target'> {
  readonly seq: number | undefined
}

/** The message that this one answers, and the way there. */
function Quote({ chat, seq, target }: QuoteProps) {
  if (seq === undefined) return null
  return (
    <blockquote>
      <button class="link" title={word('goToMessage')} onClick={() => void chat.shown.goTo(seq).catch(report)}>
        {target ? (
          <>
            <strong>
              <bdi>{chat.people.nameOf(target.sender)}</bdi>
            </strong>{' '}
            {target.gone ? word('noLonger') : target.body.slice(0, 120)}
          </>
        ) : (
          `#${seq}`
        )}
      </button>
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
        const isOwn = chat.acts.ownReactions.value.has(`${room} ${seq} ${name}`)
        return (
          <button
            key={name}
            class={isOwn ? 'is-own' : ''}
            aria-pressed={isOwn}
            aria-label={`${name} ${reactions[name]}`}
            onClick={() => void chat.acts.react(seq, name).catch(report)}
          >
            {name} {reactions[name]}
          </button>
        )
      })}
    </div>
  )
}

/** Of an own message: whether it is stored, and who has read it. */
function State({ chat, room, message, readers }: Pick<MessageRowProps, 'chat' | 'room' | 'message' | 'readers'>) {
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
  if (readers === 0) return <span aria-hidden="true">✓</span>
  const isDirect = chat.rooms.get(room)?.kind === 'direct'
  return <span>✓✓ {isDirect ? word('read') : `${word('readBy')} ${readers}`}</span>
}

interface ActionsProps extends Pick<MessageRowProps, 'chat' | 'message' | 'onReply' | 'onEdit'> {
  readonly seq: number
  readonly onReport: () => void
}

function Actions({ chat, message, seq, onReply, onEdit, onReport }: ActionsProps) {
  const [isPicking, setPicking] = useState(false)
  const room = chat.current.value
  const role = (room && chat.rooms.get(room.room)?.role) ?? 'member'
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
              void chat.acts.react(seq, name).catch(report)
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
        <button
          aria-label={word('recall')}
          title={word('recall')}
          onClick={() => void chat.acts.recall(seq).catch(report)}
        >
          ⌫
        </button>
      )}
      {isAdmin && (
        <button
          aria-label={word(message.pinnedAt === undefined ? 'pin' : 'unpin')}
          title={word(message.pinnedAt === undefined ? 'pin' : 'unpin')}
          onClick={() => void chat.acts.pin(seq, message.pinnedAt === undefined ? 'add' : 'remove').catch(report)}
        >
          📌
        </button>
      )}
      {!isOwn && (
        <button aria-label={word('report')} title={word('report')} onClick={onReport}>
          ⚑
        </button>
      )}
    </div>
  )
}

function report(error: unknown): void {
  window.alert((error as Error).message)
}
