import { AppError } from '../support/errors.ts'
import { ACCESS_TOKEN_SECONDS } from '../support/limits.ts'
import type { DeviceSessions } from '../store/device-sessions.ts'
import type { Revocations } from '../store/revocations.ts'
import { decide, formatRefreshToken, hashOf, newSecret, parseRefreshToken, type Refresh } from './refresh-tokens.ts'
import type { Sessions } from './sessions.ts'
import type { Session, Tokens } from './tokens.ts'

/** A device as it describes itself. A client that sends none knows no refresh tokens. */
export interface Device {
  /** Random, and kept by the device: a refresh token is of no use without it. */
  readonly key: string
  readonly name?: string | undefined
}

/** What a log-in or a refresh is answered with, in the form of the API. */
export interface Granted {
  readonly name: string
  readonly token: string
  readonly expiresAt: string
  readonly refreshToken: string
}

export interface LoginsOptions {
  readonly devices: DeviceSessions
  readonly revocations: Pick<Revocations, 'add'>
  readonly sessions: Sessions
  readonly tokens: Tokens
  /** How long a session lasts. */
  readonly sessionMs: number
}

/** Opens, refreshes and ends the sessions of users. */
export class Logins {
  readonly #options: LoginsOptions

  constructor(options: LoginsOptions) {
    this.#options = options
  }

  /** Opens a session for a user whose password was right. @throws the driver's error */
  async open(
    user: { id: number; name: string; generation: number },
    { device, address }: { device: Device | undefined; address: string },
  ): Promise<Granted> {
    const secret = newSecret()
    const { id, openedAt, expiresAt } = await this.#options.devices.open({
      userId: user.id,
      generation: user.generation,
      refreshHash: hashOf(secret),
      deviceHash: device && hashOf(device.key),
      deviceName: device?.name,
      address,
      lengthMs: this.#options.sessionMs,
    })
    // Without a device the client is one that cannot refresh: its token lasts as long as the session.
    const lastsMs = device ? ACCESS_TOKEN_SECONDS * 1000 : this.#options.sessionMs
    const session = { id, user: user.name, generation: user.generation, expiresAt }
    return this.#grant(session, { secret, issuedAt: openedAt, lastsMs })
  }

  /**
   * Gives the next tokens for a refresh token. One that is used again later ends its session.
   *
   * @param onReused called with the user when that happens
   * @throws AppError `unauthorized`, or `unavailable` while keys are rotated; the driver's error
   */
  async refresh(
    text: string,
    { deviceKey, address }: { deviceKey: string | undefined; address: string },
    onReused: (user: string) => void,
  ): Promise<Granted> {
    const { devices, tokens, sessions } = this.#options
    const token = parseRefreshToken(text)
    if (!token) throw refused('is none of this system')
    const presented = { secret: token.secret, deviceHash: deviceKey === undefined ? undefined : hashOf(deviceKey) }
    let refresh: Refresh | undefined
    const found = await devices.refresh(token.sessionId, address, (state) => {
      refresh = decide(state, presented, tokens.keys)
      if (!refresh) throw new AppError('unavailable', 'the signing keys are being rotated: try again')
      return refresh.decision
    })
    if (!found) throw refused('belongs to a session that has ended')
    const { user, generation, expiresAt, now } = found.state
    if (!refresh?.next) {
      sessions.changed(token.sessionId)
      onReused(user)
      throw refused('was used before, or by another device: its session has ended')
    }
    const session = { id: token.sessionId, user, generation, expiresAt }
    return this.#grant(session, { secret: refresh.next, issuedAt: now, lastsMs: ACCESS_TOKEN_SECONDS * 1000 })
  }

  /** Gives a token in place of one whose user has another generation now. The session's refresh token stays. */
  async reissue(session: Session & { sessionId: string }, generation: number): Promise<Omit<Granted, 'refreshToken'>> {
    const { user, sessionId, expiresAt } = session
    // A second later, so that a process of release 0.1.0 does not take it for one from before the change.
    const issuedAt = this.#options.sessions.now() + 1000
    const token = await this.#options.tokens.sign({ user, sessionId, generation, issuedAt, expiresAt })
    return { name: user, token, expiresAt: isoSeconds(expiresAt) }
  }

  /** Logs out: ends the session of a token, on every process. */
  async close(session: Session): Promise<void> {
    const { devices, revocations, sessions } = this.#options
    if (session.sessionId === undefined) await revocations.add('token', session.tokenId, session.expiresAt)
    else await devices.end(session.sessionId, session.userId)
    sessions.changed(session.tokenId)
  }

  /** Ends another session of a user. Returns whether it was open. */
  async end(id: string, userId: number): Promise<boolean> {
    const wasOpen = await this.#options.devices.end(id, userId)
    if (wasOpen) this.#options.sessions.changed(id)
    return wasOpen
  }

  async #grant(
    session: { id: string; user: string; generation: number; expiresAt: number },
    { secret, issuedAt, lastsMs }: { secret: Buffer; issuedAt: number; lastsMs: number },
  ): Promise<Granted> {
    const { id: sessionId, user, generation } = session
    const expiresAt = Math.min(issuedAt + lastsMs, session.expiresAt)
    const token = await this.#options.tokens.sign({ user, sessionId, generation, issuedAt, expiresAt })
    const refreshToken = formatRefreshToken({ sessionId, secret })
    return { name: user, token, expiresAt: isoSeconds(expiresAt), refreshToken }
  }
}

/** In the whole seconds of the token. */
function isoSeconds(timeMs: number): string {
  return new Date(Math.floor(timeMs / 1000) * 1000).toISOString()
}

function refused(reason: string): AppError {
  return new AppError('unauthorized', `the refresh token ${reason}: log in again`, 'refreshToken')
}
