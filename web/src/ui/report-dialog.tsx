import { useState } from 'preact/hooks'
import { word } from '../words.ts'
import { textOf } from './form.ts'
import { Modal } from './modal.tsx'

const MAX_CHARACTERS = 500

interface ReportDialogProps {
  /** An error of it is shown, and the dialog stays. */
  readonly onReport: (reason: string) => Promise<unknown>
  readonly onClose: () => void
}

/** Asks why a message is reported. */
export function ReportDialog({ onReport, onClose }: ReportDialogProps) {
  const [error, setError] = useState('')
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    try {
      await onReport(textOf(event.currentTarget, 'reason'))
      onClose()
    } catch (fault) {
      setError((fault as Error).message)
    }
  }
  return (
    <Modal title={word('reportTitle')} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          {word('reportReason')}
          <textarea name="reason" rows={4} required maxLength={MAX_CHARACTERS} autofocus />
        </label>
        <p class="hint">{word('reportHint')}</p>
        <p class="error" role="alert">
          {error}
        </p>
        <div class="row">
          <button class="primary">{word('report')}</button>
        </div>
      </form>
    </Modal>
  )
}
