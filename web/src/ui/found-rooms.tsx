import { useCallback } from 'preact/hooks'
import type { Chat } from '../state/chat.ts'
import { word } from '../words.ts'
import { FoundItem, useFound } from './found.tsx'

interface FoundRoomsProps {
  readonly chat: Chat
  /** A part of a name, a title or a topic; empty for the newest rooms. */
  readonly text: string
  readonly onPick: (room: string) => void
}

/** The public rooms that have a text. */
export function FoundRooms({ chat, text, onPick }: FoundRoomsProps) {
  const rooms = useFound(
    text,
    useCallback((text: string) => chat.findRooms(text), [chat]),
  )
  if (rooms.length === 0) return null
  return (
    <ul class="found" aria-label={word('publicRooms')}>
      {rooms.map(({ room, title, topic, members }) => (
        <FoundItem
          key={room}
          name={title || room}
          title={title || room}
          excerpt={[room, `${members} ${word('members')}`, topic].filter(Boolean).join(' · ')}
          onPick={() => onPick(room)}
        />
      ))}
    </ul>
  )
}
