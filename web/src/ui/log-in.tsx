import { useState } from 'preact/hooks'
import { config, logIn, notice } from '../state/app.ts'
import { word } from '../words.ts'
import { textOf } from './form.ts'

/** The code of an invitation in the address of the page: what follows "#" is not sent to the server. */
function invitationInAddress(): string {
  return new URLSearchParams(location.hash.slice(1)).get('invitation') ?? ''
}

/** The form to log in or to register. */
export function LogIn() {
  const [invitation] = useState(invitationInAddress)
  const { registration = 'open' } = config.value ?? {}
  const [chosen, setHow] = useState<'login' | 'register'>(invitation === '' ? 'login' : 'register')
  const how = registration === 'off' ? 'login' : chosen
  const [error, setError] = useState<string | undefined>()
  const [isBusy, setBusy] = useState(false)

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const password = new FormData(form).get('password')
    setBusy(true)
    setError('')
    try {
      const code = textOf(form, 'invitation')
      await logIn(how, {
        name: textOf(form, 'name').normalize('NFC'),
        password: typeof password === 'string' ? password : '',
        ...(code !== '' && { invitation: code }),
      })
      if (how === 'register' && invitation !== '') history.replaceState(null, '', location.pathname + location.search)
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
        {how === 'register' && registration === 'invitation' && (
          <label>
            {word('invitationCode')}
            <input name="invitation" required maxLength={64} autocomplete="off" defaultValue={invitation} />
          </label>
        )}
        <p class="error" role="alert">
          {error ?? notice.value}
        </p>
        <button class="primary" disabled={isBusy}>
          {word(how === 'login' ? 'logIn' : 'register')}
        </button>
        {registration !== 'off' && (
          <p>
            {word(how === 'login' ? 'newHere' : 'haveAccount')}{' '}
            <button type="button" class="link" onClick={() => setHow(how === 'login' ? 'register' : 'login')}>
              {word(how === 'login' ? 'register' : 'logIn')}
            </button>
          </p>
        )}
      </form>
    </main>
  )
}
