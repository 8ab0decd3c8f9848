import { useState } from 'preact/hooks'
import type { Chat } from '../state/chat.ts'
import type { OpenRoom } from '../state/open-room.ts'
import { word } from '../words.ts'
import { Avatar } from './avatar.tsx'
import { FoundPeople } from './found-people.tsx'
import { PersonName } from './person-name.tsx'

/** Who is in the room, and the ways in and out. */
export function MembersPanel({ chat, room }: { readonly chat: Chat; readonly room: OpenRoom }) {
  const [error, setError] = useState('')
  const [text, setText] = useState('')
  const kind = chat.rooms.get(room.room)?.kind
  const blocked = chat.blocks.users.value
  const block = (user: string, isBlocked: boolean): void =>
    void chat.blocks.change(user, isBlocked).then(
      () => setError(''),
      (fault: Error) => setError(fault.message),
    )
  const invite = async (user: string): Promise<void> => {
    try {
      await chat.invite(user)
      setText('')
      setError('')
    } catch (fault) {
      setError((fault as Error).message)
    }
  }
  return (
    <aside class="members" aria-label={word('members')}>
      <ul>
        {room.members.map(({ user, role }) => (
          <li key={user}>
            <Avatar name={chat.people.nameOf(user)} isOnline={user === chat.me || chat.people.online.value.has(user)} />
            <span>
              <PersonName chat={chat} user={user} /> {user === chat.me && `(${word('you')})`}
            </span>
            {role !== 'member' && <small>{word(`role_${role}` as 'role_owner')}</small>}
            {user !== chat.me && (
              <button
                class="link"
                aria-label={`${word(blocked.has(user) ? 'unblock' : 'block')} ${user}`}
                onClick={() => block(user, !blocked.has(user))}
              >
                {word(blocked.has(user) ? 'unblock' : 'block')}
              </button>
            )}
          </li>
        ))}
      </ul>
      <p class="error" role="alert">
        {error}
      </p>
      {kind !== 'direct' && (
        <>
          <form
            onSubmit={(event) => {
              event.preventDefault()
              void invite(text.trim().normalize('NFC'))
            }}
          >
            <input
              required
              maxLength={64}
              placeholder={word('userName')}
              aria-label={word('userName')}
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
            <button>{word('invite')}</button>
          </form>
          <FoundPeople chat={chat} text={text.trim()} onPick={(user) => void invite(user)} />
          <button class="danger" onClick={() => void chat.leave().catch((fault: Error) => setError(fault.message))}>
            {word('leave')}
          </button>
        </>
      )}
    </aside>
  )
}
