import { useState } from 'preact/hooks'
import type { Chat } from '../state/chat.ts'
import type { OpenRoom } from '../state/open-room.ts'
import type { Message } from '../state/messages.ts'
import { word } from '../words.ts'
import { Avatar } from './avatar.tsx'
import { Composer } from './composer.tsx'
import { MembersPanel } from './members-panel.tsx'
import { MessageList } from './message-list.tsx'
import { titleOf } from './titles.ts'

/** A room with its messages. */
export function RoomView({ chat, room }: { readonly chat: Chat; readonly room: OpenRoom }) {
  const [reply, setReply] = useState<Message | undefined>()
  const [editing, setEditing] = useState<Message | undefined>()
  const [hasPanel, setPanel] = useState(false)
  const known = chat.rooms.get(room.room)
  return (
    <section class="room-view">
      <header>
        <button class="back quiet" aria-label={word('back')} onClick={() => chat.shown.close()}>
          ‹
        </button>
        <Avatar
          name={known ? titleOf(chat, known) : room.room}
          isOnline={known?.peer !== undefined && chat.people.online.value.has(known.peer)}
        />
        <h1>{known ? titleOf(chat, known) : room.room}</h1>
        <button class="quiet" aria-expanded={hasPanel} onClick={() => setPanel(!hasPanel)}>
          {word('members')} {room.members.length}
        </button>
      </header>
      <div class="columns">
        <div class="conversation">
          <MessageList chat={chat} room={room} onReply={setReply} onEdit={setEditing} />
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

function Typing({ chat, room }: { readonly chat: Chat; readonly room: string }) {
  const users = [...(chat.typing.users.value.get(room)?.keys() ?? [])].filter((user) => user !== chat.me)
  return (
    <p class="typing" aria-live="polite">
      {users.length > 0 &&
        `${users
          .slice(0, 5)
          .map((user) => chat.people.nameOf(user))
          .join(', ')} ${word(users.length > 1 ? 'typingMany' : 'typing')}`}
    </p>
  )
}
