import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Chat } from '../state/chat.ts'
import type { OpenRoom } from '../state/open-room.ts'

/** How near to its end a list must be so that new messages keep it there, CSS pixels. */
const NEAR_END_PX = 60
/** How near to an end of what is held the next page is loaded, CSS pixels. */
const NEAR_EDGE_PX = 800
/** How long a message that was asked for is marked, milliseconds. */
const SHOWN_MS = 2500

/** A row that is on the screen, and its distance from the top of the list, CSS pixels. */
interface Anchor {
  readonly row: HTMLElement
  readonly top: number
}

/**
 * Keeps a list of messages at its place while messages come and go at both ends, and loads pages before they are needed.
 *
 * @returns whether messages have come that are not on the screen, and the handler of scrolling
 */
export function usePlace(
  list: RefObject<HTMLOListElement | null>,
  chat: Chat,
  room: OpenRoom,
  newest: string | undefined,
): { readonly hasNews: boolean; readonly onScroll: () => void } {
  const isAtEnd = useRef(room.goTo.seq === 'end')
  const anchor = useRef<Anchor | undefined>(undefined)
  const [hasNews, setNews] = useState(false)

  const onScroll = (): void => {
    const element = list.current
    if (!element) return
    const below = element.scrollHeight - element.scrollTop - element.clientHeight
    isAtEnd.current = below < NEAR_END_PX && !room.hasMoreAfter
    anchor.current = firstRowOf(element)
    if (isAtEnd.current) setNews(false)
    chat.atEnd(isAtEnd.current)
    const load =
      element.scrollTop < NEAR_EDGE_PX ? chat.shown.earlier() : below < NEAR_EDGE_PX ? chat.shown.later() : undefined
    // Scrolling, or the button, tries again.
    void load?.catch(() => undefined)
  }

  useLayoutEffect(() => {
    const element = list.current
    if (!element || room.isLoading) return
    const { seq } = room.goTo
    isAtEnd.current = seq === 'end'
    if (seq === 'end') element.scrollTop = element.scrollHeight
    else show(element, seq)
    onScroll()
  }, [room.goTo, room.isLoading])
  useLayoutEffect(() => {
    const element = list.current
    if (!element || room.isLoading) return
    if (isAtEnd.current && !room.hasMoreAfter) element.scrollTop = element.scrollHeight
    else restore(element, anchor.current)
    onScroll()
  }, [room.messages, newest])
  useEffect(() => {
    if (!isAtEnd.current) setNews(true)
  }, [newest, room.newestSeq])
  useEffect(() => {
    const seen = (): void => chat.markRead()
    document.addEventListener('visibilitychange', seen)
    return () => document.removeEventListener('visibilitychange', seen)
  }, [chat])
  return { hasNews: hasNews || room.hasMoreAfter, onScroll }
}

/** The first row of which a part is visible. */
function firstRowOf(list: HTMLElement): Anchor | undefined {
  const rows = list.querySelectorAll<HTMLElement>(':scope > .message')
  let [low, high] = [0, rows.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    const row = rows[middle]
    if (row && row.offsetTop + row.offsetHeight > list.scrollTop) high = middle
    else low = middle + 1
  }
  const row = rows[low]
  return row && { row, top: row.offsetTop - list.scrollTop }
}

function restore(list: HTMLElement, anchor: Anchor | undefined): void {
  if (anchor?.row.isConnected) list.scrollTop = anchor.row.offsetTop - anchor.top
}

/** Scrolls to a message, or to the next one if it is not there any more. */
function show(list: HTMLElement, seq: number): void {
  const rows = [...list.querySelectorAll<HTMLElement>(':scope > .message[data-seq]')]
  const row = rows.find(({ dataset }) => Number(dataset['seq']) >= seq) ?? rows.at(-1)
  if (!row) return
  list.scrollTop = row.offsetTop - (list.clientHeight - row.offsetHeight) / 2
  row.focus({ preventScroll: true })
  row.animate({ boxShadow: ['0 0 0 3px currentColor', '0 0 0 3px transparent'] }, SHOWN_MS)
}
