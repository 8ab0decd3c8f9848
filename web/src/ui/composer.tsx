import { useEffect, useRef } from 'preact/hooks'
import type { Chat } from '../state/chat.ts'
import type { Message } from '../state/messages.ts'
import { word } from '../words.ts'

const MAX_HEIGHT_PX = 200

interface ComposerProps {
  readonly chat: Chat
  readonly room: string
  /** The message that the next one answers. */
  readonly reply: Message | undefined
  /** The own message that is being edited. */
  readonly editing: Message | undefined
  readonly onDone: () => void
  /** Up in an empty field. */
  readonly onEditLast: () => void
}

/** Enter sends, Shift and Enter begins a line, Escape ends a reply or an edit. */
export function Composer({ chat, room, reply, editing, onDone, onEditLast }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const initial = editing?.body ?? chat.drafts.value[room] ?? ''
  const fit = (): void => {
    const element = field.current
    if (!element) return
    element.style.height = 'auto'
    element.style.height = `${Math.min(element.scrollHeight, MAX_HEIGHT_PX)}px`
  }
  useEffect(() => {
    field.current?.focus()
    fit()
  }, [reply, editing])

  const submit = (): void => {
    const element = field.current
    const text = element?.value.trim() ?? ''
    if (!element || text === '') return
    if (editing?.seq !== undefined)
      void chat.acts.edit(editing.seq, text).catch((error: Error) => window.alert(error.message))
    else chat.send(text, reply?.seq)
    element.value = ''
    fit()
    onDone()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes, Enter belongs to it.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault()
      submit()
    } else if (event.key === 'Escape') onDone()
    else if (event.key === 'ArrowUp' && field.current?.value === '') onEditLast()
  }

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      {(reply ?? editing) && (
        <p class="context">
          {word(editing ? 'edit' : 'reply')}: {(reply ?? editing)?.body.slice(0, 80)}
          <button type="button" class="link" onClick={onDone}>
            {word('cancel')}
          </button>
        </p>
      )}
      <textarea
        ref={field}
        rows={1}
        aria-label={word('writeMessage')}
        placeholder={word('writeMessage')}
        defaultValue={initial}
        onInput={({ currentTarget }) => {
          fit()
          if (!editing) chat.draft(room, currentTarget.value)
          chat.typing.types(room)
        }}
        onKeyDown={onKeyDown}
      />
      <button class="primary" aria-label={word('send')}>
        ➤
      </button>
    </form>
  )
}
