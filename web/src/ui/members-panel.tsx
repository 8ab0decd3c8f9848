import { useState } from 'preact/hooks'
import type { Chat, OpenRoom } from '../state/chat.ts'
import { word } from '../words.ts'
import { Avatar } from './avatar.tsx'
import { textOf } from './form.ts'

/** Who is in the room, and the ways in and out. */
export function MembersPanel({ chat, room }: { readonly chat: Chat; readonly room: OpenRoom }) {
  const [error, setError] = useState('')
  const kind = chat.rooms.value.get(room.room)?.kind
  const blocked = chat.blocks.users.value
  const block = (user: string, isBlocked: boolean): void =>
    void chat.blocks.change(user, isBlocked).then(
      () => setError(''),
      (fault: Error) => setError(fault.message),
    )
  const invite = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    try {
      await chat.invite(textOf(form, 'user'))
      form.reset()
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
            <Avatar name={user} isOnline={user === chat.me || chat.online.value.has(user)} />
            <span>
              {user} {user === chat.me && `(${word('you')})`}
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
          <form onSubmit={(event) => void invite(event)}>
            <input name="user" required maxLength={64} placeholder={word('userName')} aria-label={word('userName')} />
            <button>{word('invite')}</button>
          </form>
          <button class="danger" onClick={() => void chat.leave().catch((fault: Error) => setError(fault.message))}>
            {word('leave')}
          </button>
        </>
      )}
    </aside>
  )
}
