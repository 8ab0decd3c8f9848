import type { FastifyRequest } from 'fastify'
import type { Sessions } from '../session/sessions.ts'
import type { Act } from '../store/audit.ts'
import { AppError } from '../support/errors.ts'
import { authenticate } from './authenticate.ts'
import type { RateLimits } from './rate-limits.ts'

/** The administrator who sends a request. @throws AppError */
export async function enterAsAdmin(
  request: FastifyRequest,
  sessions: Sessions,
  limits: Pick<RateLimits, 'requests'>,
): Promise<Omit<Act, 'reason'>> {
  const { userId, user, role } = await authenticate(request, sessions)
  await limits.requests.take(user)
  if (role !== 'admin') throw new AppError('forbidden', 'only an administrator may do this')
  return { userId, user, role, address: request.ip }
}
