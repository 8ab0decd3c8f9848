import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Avatar } from './avatar.tsx'

/** The server is asked when the user has stopped typing for this time, milliseconds. */
const PAUSE_MS = 250

/**
 * What the server finds for a text while the user types it. A search that fails finds nothing: names can be typed in full.
 * @param find the same function each time
 */
export function useFound<T>(text: string, find: (text: string) => Promise<readonly T[]>): readonly T[] {
  const [found, setFound] = useState<readonly T[]>([])
  useEffect(() => {
    let isCurrent = true
    const timer = setTimeout(() => {
      void find(text)
        .catch(() => [])
        .then((found) => isCurrent && setFound(found))
    }, PAUSE_MS)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [find, text])
  return found
}

interface FoundItemProps {
  /** Of which the first letter is shown. */
  readonly name: string
  readonly title: ComponentChildren
  readonly excerpt: string
  readonly onPick: () => void
}

/** One of the things that were found. */
export function FoundItem({ name, title, excerpt, onPick }: FoundItemProps) {
  return (
    <li>
      <button type="button" class="room" onClick={onPick}>
        <Avatar name={name} />
        <span class="content">
          <strong class="title">{title}</strong>
          <span class="excerpt">{excerpt}</span>
        </span>
      </button>
    </li>
  )
}
