import { useState } from 'preact/hooks'
import { logIn, notice } from '../state/app.ts'
import { word } from '../words.ts'
import { textOf } from './form.ts'

/** The form to log in or to register. */
export function LogIn() {
  const [how, setHow] = useState<'login' | 'register'>('login')
  const [error, setError] = useState(notice.value)
  const [isBusy, setBusy] = useState(false)

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const password = new FormData(form).get('password')
    setBusy(true)
    setError('')
    try {
      await logIn(how, textOf(form, 'name').normalize('NFC'), typeof password === 'string' ? password : '')
    } catch (fault) {
      setError((fault as Error).message)
      setBusy(false)
    }
  }

  return (
    <main class="log-in">
      <form onSubmit={(event) => void submit(event)}>
        <img src="/app/icon.svg" alt="" width="56" height="56" />
        <h1>{word(how === 'login' ? 'logIn' : 'register')}</h1>
        <p>{word('tagline')}</p>
        <label>
          {word('name')}
          <input name="name" required maxLength={64} autocomplete="username" autocapitalize="none" />
        </label>
        <label>
          {word('password')}
          <input
            name="password"
            type="password"
            required
            autocomplete={how === 'login' ? 'current-password' : 'new-password'}
          />
        </label>
        <p class="error" role="alert">
          {error}
        </p>
        <button class="primary" disabled={isBusy}>
          {word(how === 'login' ? 'logIn' : 'register')}
        </button>
        <p>
          {word(how === 'login' ? 'newHere' : 'haveAccount')}{' '}
          <button type="button" class="link" onClick={() => setHow(how === 'login' ? 'register' : 'login')}>
            {word(how === 'login' ? 'register' : 'logIn')}
          </button>
        </p>
      </form>
    </main>
  )
}
