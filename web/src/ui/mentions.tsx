import { useEffect, useRef, useState } from 'preact/hooks'
import type { Chat } from '../state/chat.ts'
import type { Mention } from '../state/mentions.ts'
import { word } from '../words.ts'
import { Avatar } from './avatar.tsx'
import { titleOf } from './titles.ts'
import { dateOf } from './times.ts'

/** The messages that name the user. One that is chosen is shown where it stands in its room. */
export function MentionsDialog({ chat, onClose }: { readonly chat: Chat; readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [isLoading, setLoading] = useState(true)
  const [error, setError] = useState('')
  const fail = (fault: unknown): void => setError((fault as Error).message)
  useEffect(() => {
    dialog.current?.showModal()
    void chat.mentions
      .load(chat.sorted.value)
      .catch(fail)
      .finally(() => setLoading(false))
  }, [chat])
  const open = async ({ room, message }: Mention): Promise<void> => {
    try {
      const opened = chat.open(room, message.seq)
      onClose()
      await opened
    } catch (fault) {
      fail(fault)
    }
  }
  const blocked = chat.blocks.users.value
  const mentions = chat.mentions.list.value.filter(({ message }) => !blocked.has(message.sender))
  return (
    <dialog ref={dialog} class="mentions-list" onClose={onClose} aria-label={word('mentionsOfMe')}>
      <header>
        <h2>{word('mentionsOfMe')}</h2>
        <button class="quiet" aria-label={word('close')} onClick={() => dialog.current?.close()}>
          ✕
        </button>
      </header>
      <p class="error" role="alert">
        {error}
      </p>
      {mentions.length === 0 && (
        <p class="hint" role="status">
          {word(isLoading ? 'loading' : 'noMentions')}
        </p>
      )}
      <ul>
        {mentions.map((mention) => (
          <MentionItem
            key={`${mention.room} ${mention.message.seq}`}
            chat={chat}
            mention={mention}
            onOpen={() => void open(mention)}
          />
        ))}
      </ul>
    </dialog>
  )
}

interface MentionItemProps {
  readonly chat: Chat
  readonly mention: Mention
  readonly onOpen: () => void
}

function MentionItem({ chat, mention: { room, message }, onOpen }: MentionItemProps) {
  const known = chat.rooms.value.get(room)
  const isUnread = (message.seq ?? 0) > (known?.readSeq ?? 0)
  return (
    <li>
      <button class={isUnread ? 'room is-unread' : 'room'} onClick={onOpen}>
        <Avatar name={message.sender} />
        <span class="content">
          <span class="where">
            <strong>{message.sender}</strong> <bdi>{known ? titleOf(known) : room}</bdi>{' '}
            <time dateTime={new Date(message.at).toISOString()}>{dateOf(message.at)}</time>
          </span>
          <span class="excerpt" dir="auto">
            {message.body.slice(0, 200)}
          </span>
        </span>
        {isUnread && <span class="badge">{word('unread')}</span>}
      </button>
    </li>
  )
}
