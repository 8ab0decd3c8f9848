import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { word } from '../words.ts'

interface ModalProps {
  readonly title: string
  /** Of the style sheet. */
  readonly kind?: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}

/** A dialog over the page, with a title and a button that closes it. */
export function Modal({ title, kind = '', onClose, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class={kind} onClose={onClose} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <button type="button" class="quiet" aria-label={word('close')} onClick={() => dialog.current?.close()}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  )
}
