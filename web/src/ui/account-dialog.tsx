import { useEffect, useState } from 'preact/hooks'
import { deleteAccount } from '../state/app.ts'
import type { Chat } from '../state/chat.ts'
import { word } from '../words.ts'
import { textOf } from './form.ts'
import { Modal } from './modal.tsx'

/** A browser has begun to save by then. */
const DOWNLOAD_MS = 60_000

interface AccountDialogProps {
  readonly chat: Chat
  readonly onClose: () => void
}

/** What the user is called, what the server has of the user, and the end of the account. */
export function AccountDialog({ chat, onClose }: AccountDialogProps) {
  const [error, setError] = useState('')
  const run = (work: () => Promise<unknown>): void =>
    void work().then(
      () => setError(''),
      (fault: Error) => setError(fault.message),
    )
  const name = chat.people.nameOf(chat.me)
  // Until then an empty field would remove the display name.
  const isKnown = chat.people.isKnown(chat.me)
  useEffect(() => {
    if (!chat.people.isKnown(chat.me)) run(() => chat.people.load(chat.me))
  }, [chat])
  return (
    <Modal title={word('yourAccount')} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const displayName = textOf(event.currentTarget, 'displayName')
          run(() => chat.people.setDisplayName(displayName).then(onClose))
        }}
      >
        <label>
          {word('displayName')}
          <input
            name="displayName"
            maxLength={64}
            defaultValue={name === chat.me ? '' : name}
            disabled={!isKnown}
            autofocus
          />
        </label>
        <p class="hint">{word('displayNameHint')}</p>
        <p class="error" role="alert">
          {error}
        </p>
        <div class="row">
          <button type="button" onClick={() => run(() => save(chat))}>
            {word('exportData')}
          </button>
          <button class="primary" disabled={!isKnown}>
            {word('save')}
          </button>
        </div>
      </form>
      <Deletion onDelete={(password) => run(() => deleteAccount(password))} />
    </Modal>
  )
}

/** It needs the password, and a second step. */
function Deletion({ onDelete }: { readonly onDelete: (password: string) => void }) {
  return (
    <details>
      <summary>{word('deleteAccount')}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const password = new FormData(event.currentTarget).get('password')
          onDelete(typeof password === 'string' ? password : '')
        }}
      >
        <p class="hint">{word('deleteAccountHint')}</p>
        <label>
          {word('password')}
          <input name="password" type="password" required autocomplete="current-password" />
        </label>
        <div class="row">
          <button class="danger">{word('deleteAccount')}</button>
        </div>
      </form>
    </details>
  )
}

/** Lets the browser save what the server has. */
async function save(chat: Chat): Promise<void> {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await chat.exported())
  link.download = `chat-${chat.me}.ndjson`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), DOWNLOAD_MS)
}
