import { useEffect, useState } from 'preact/hooks'
import type { Chat } from '../state/chat.ts'
import type { Mention } from '../state/mentions.ts'
import { word } from '../words.ts'
import { Avatar } from './avatar.tsx'
import { Modal } from './modal.tsx'
import { PersonName } from './person-name.tsx'
import { titleOf } from './titles.ts'
import { dateOf } from './times.ts'

/** The messages that name the user, read or not. One that is chosen is shown where it stands in its room. */
export function MentionsDialog({ chat, onClose }: { readonly chat: Chat; readonly onClose: () => void }) {
  const [isLoading, setLoading] = useState(true)
  const [error, setError] = useState('')
  const { mentions: state } = chat
  const read = (what: () => Promise<void>): void => {
    setLoading(true)
    void what()
      .then(
        () => setError(''),
        (fault: Error) => setError(fault.message),
      )
      .finally(() => setLoading(false))
  }
  useEffect(() => read(() => state.load()), [state])
  const open = async ({ room, message }: Mention): Promise<void> => {
    try {
      const opened = chat.open(room, message.seq)
      onClose()
      await opened
    } catch {
      // The user has been removed meanwhile.
      chat.shown.close()
    }
  }
  const blocked = chat.blocks.users.value
  const mentions = state.list.value.filter(({ message }) => !blocked.has(message.sender))
  return (
    <Modal title={word('mentionsOfMe')} kind="mentions-list" onClose={onClose}>
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
      {state.hasMore.value && (
        <button disabled={isLoading} onClick={() => read(() => state.more())}>
          {word('earlierMentions')}
        </button>
      )}
    </Modal>
  )
}

interface MentionItemProps {
  readonly chat: Chat
  readonly mention: Mention
  readonly onOpen: () => void
}

function MentionItem({ chat, mention: { room, message }, onOpen }: MentionItemProps) {
  const known = chat.rooms.get(room)
  const isUnread = (message.seq ?? 0) > (known?.readSeq ?? 0)
  return (
    <li>
      <button class={isUnread ? 'room is-unread' : 'room'} onClick={onOpen}>
        <Avatar name={message.sender} />
        <span class="content">
          <span class="where">
            <strong>
              <PersonName chat={chat} user={message.sender} />
            </strong>{' '}
            <bdi>{known ? titleOf(chat, known) : room}</bdi>{' '}
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
