import type { FastifyInstance } from 'fastify'
import { regardless } from '../support/caller.ts'
import { AppError } from '../support/errors.ts'
import type { Passwords } from '../session/passwords.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Tokens } from '../session/tokens.ts'
import type { Users } from '../store/users.ts'
import type { RateLimits } from './rate-limits.ts'
import { credentials, newUser, parse } from './requests.ts'
import { authenticate } from './authenticate.ts'

export interface UserServices {
  readonly users: Users
  readonly passwords: Passwords
  readonly tokens: Tokens
  readonly sessions: Sessions
  readonly limits: RateLimits
}

/** The routes to register, log in and log out. */
export function userRoutes(app: FastifyInstance, { users, passwords, tokens, sessions, limits }: UserServices): void {
  app.post('/api/users/register', async (request, reply) => {
    const { name, password } = parse(newUser, request.body)
    await limits.registrations.take(request.ip)
    await users.add(name, await passwords.hash(password))
    const { token, session } = await tokens.sign(name)
    return reply.status(201).send({ name, token, expiresAt: new Date(session.expiresAt).toISOString() })
  })

  app.post('/api/users/login', async (request) => {
    const { name, password } = parse(credentials, request.body)
    await limits.logins.take(`${name}\0${request.ip}`)
    if (!(await passwords.matches(password, await users.passwordHash(name)))) {
      throw new AppError('unauthorized', 'the name or the password is wrong', 'password')
    }
    const { token, session } = await tokens.sign(name)
    return { name, token, expiresAt: new Date(session.expiresAt).toISOString() }
  })

  app.post('/api/users/logout', async (request, reply) => {
    // A page that is closed while it logs out does not wait for the answer.
    await regardless(async () => sessions.revoke(await authenticate(request, sessions)))
    return reply.status(204).send()
  })
}
