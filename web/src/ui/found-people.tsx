import { useCallback } from 'preact/hooks'
import type { Chat } from '../state/chat.ts'
import { word } from '../words.ts'
import { FoundItem, useFound } from './found.tsx'

interface FoundPeopleProps {
  readonly chat: Chat
  /** The beginning of a name or display name. */
  readonly text: string
  readonly onPick: (user: string) => void
}

/** The people whose name or display name begins with a text. */
export function FoundPeople({ chat, text, onPick }: FoundPeopleProps) {
  const people = useFound(
    text,
    useCallback((text: string) => chat.people.find(text), [chat]),
  )
  if (people.length === 0) return null
  return (
    <ul class="found" aria-label={word('people')}>
      {people.map(({ user, displayName }) => (
        <FoundItem
          key={user}
          name={displayName ?? user}
          title={<bdi>{displayName ?? user}</bdi>}
          excerpt={`@${user}`}
          onPick={() => onPick(user)}
        />
      ))}
    </ul>
  )
}
