import { useState } from 'preact/hooks'
import { textOf } from './form.ts'
import { Modal } from './modal.tsx'

interface TextDialogProps {
  readonly title: string
  readonly label: string
  readonly hint: string
  readonly done: string
  readonly maxLength: number
  readonly initial?: string
  /** @default false */
  readonly hasLines?: boolean
  readonly isRequired?: boolean
  /** An error of it is shown, and the dialog stays. */
  readonly onSubmit: (text: string) => Promise<unknown>
  readonly onClose: () => void
}

/** Asks for one text. */
export function TextDialog(props: TextDialogProps) {
  const { title, label, hint, done, maxLength, initial = '', hasLines, isRequired = false, onSubmit, onClose } = props
  const [error, setError] = useState('')
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    try {
      await onSubmit(textOf(event.currentTarget, 'text'))
      onClose()
    } catch (fault) {
      setError((fault as Error).message)
    }
  }
  const field = { name: 'text', required: isRequired, maxLength, defaultValue: initial, autofocus: true }
  return (
    <Modal title={title} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          {label}
          {hasLines ? <textarea rows={4} {...field} /> : <input {...field} />}
        </label>
        <p class="hint">{hint}</p>
        <p class="error" role="alert">
          {error}
        </p>
        <div class="row">
          <button class="primary">{done}</button>
        </div>
      </form>
    </Modal>
  )
}
