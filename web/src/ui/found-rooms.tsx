import { useEffect, useState } from 'preact/hooks'
import type { Chat, FoundRoom } from '../state/chat.ts'
import { word } from '../words.ts'
import { Avatar } from './avatar.tsx'

/** The directory is asked when the user has stopped typing for this time, milliseconds. */
const PAUSE_MS = 250

interface FoundRoomsProps {
  readonly chat: Chat
  /** A part of a name, a title or a topic; empty for the newest rooms. */
  readonly text: string
  readonly onPick: (room: string) => void
}

/** The public rooms that have a text. */
export function FoundRooms({ chat, text, onPick }: FoundRoomsProps) {
  const [rooms, setRooms] = useState<readonly FoundRoom[]>([])
  useEffect(() => {
    let isCurrent = true
    const timer = setTimeout(() => {
      // Without the directory a room is joined by its name all the same.
      const found = chat.findRooms(text).catch(() => [])
      void found.then((rooms) => isCurrent && setRooms(rooms))
    }, PAUSE_MS)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [chat, text])
  if (rooms.length === 0) return null
  return (
    <ul class="found" aria-label={word('publicRooms')}>
      {rooms.map(({ room, title, topic, members }) => (
        <li key={room}>
          <button type="button" class="room" onClick={() => onPick(room)}>
            <Avatar name={title || room} />
            <span class="content">
              <strong class="title">{title || room}</strong>
              <span class="excerpt">
                {room} · {members} {word('members')}
                {topic !== undefined && topic !== '' && ` · ${topic}`}
              </span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}
