import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { OperationServices } from '../operations/call.ts'
import { parse } from '../operations/input.ts'
import { inputOf, type AnyOperation, type CountedLimit, type HttpBinding } from '../operations/operation.ts'
import { OPERATIONS } from '../operations/registry.ts'
import { fieldsOf, run } from '../operations/run.ts'
import type { Sessions } from '../session/sessions.ts'
import { AppError } from '../support/errors.ts'
import { authenticate } from './authenticate.ts'
import type { RateLimits } from './rate-limits.ts'

export interface OperationRoutes {
  readonly operations: OperationServices
  readonly sessions: Sessions
  readonly limits: Pick<RateLimits, 'requests' | CountedLimit>
}

/** The routes of all operations that have one. */
export function operationRoutes(app: FastifyInstance, routes: OperationRoutes): void {
  for (const operation of OPERATIONS) if (operation.http) addRoute(app, operation, operation.http, routes)
}

function addRoute(app: FastifyInstance, operation: AnyOperation, http: HttpBinding, routes: OperationRoutes): void {
  const { sessions, limits, operations: services } = routes
  const { limit } = operation
  const schema = inputOf(operation, http)
  const read = readerOf(schema, http)
  app.route({
    method: http.method,
    url: http.path,
    handler: async (request, reply) => {
      const session = await authenticate(request, sessions)
      await limits.requests.take(session.user)
      const input = parse(schema, read(request))
      if (limit !== undefined && limit !== 'unacknowledged') await limits[limit].take(session.user)
      const answer = (await run(operation, input, { session, services })) ?? {}
      const status = answer.repeated === true ? 200 : (http.status ?? 200)
      return reply.status(status).send(fieldsOf(operation.output, answer))
    },
  })
}

type Fields = Readonly<Record<string, unknown>>

/** Reads the input of an operation from where a request has it. Paths and queries are texts, those of numbers too. */
function readerOf(schema: z.ZodObject, { method, path }: HttpBinding): (request: FastifyRequest) => Fields {
  const numbers = numericFields(schema)
  const inPath = path.split('/').filter((part) => part.startsWith(':')).length
  const hasBody = method !== 'GET' && Object.keys(schema.shape).length > inPath
  return ({ params, query, body }) => {
    const rest = method === 'GET' ? numbered(query as Fields, numbers) : hasBody ? objectOf(body) : {}
    return { ...rest, ...numbered(params as Fields, numbers) }
  }
}

function objectOf(body: unknown): Fields {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Fields
  throw new AppError('bad_request', 'the body must be a JSON object')
}

function numbered(texts: Fields, numbers: ReadonlySet<string>): Fields {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, numbers.has(name) ? numberIn(text) : text]),
  )
}

/** A text that is no number stays one, which the schema refuses. */
function numberIn(text: unknown): unknown {
  return typeof text === 'string' && /^-?[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : text
}

function numericFields(schema: z.ZodObject): ReadonlySet<string> {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' })
  const isNumeric = (property: unknown): boolean => {
    const { type, anyOf = [] } = property as { type?: string; anyOf?: unknown[] }
    return type === 'integer' || type === 'number' || anyOf.some(isNumeric)
  }
  return new Set(Object.keys(properties).filter((name) => isNumeric(properties[name])))
}
