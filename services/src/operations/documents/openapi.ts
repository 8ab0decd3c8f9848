import { z } from 'zod'
import { inputOf, type AnyOperation, type HttpBinding } from '../operation.ts'
import { OPERATIONS } from '../registry.ts'
import { stored } from '../stored.ts'
import { errorBody, jsonSchema } from './schemas.ts'

type Json = Record<string, unknown>

const TARGET = 'draft-2020-12'
const ERROR = { $ref: '#/components/responses/error' }

/** What several operations answer has a name of its own; the others are named after their operation. */
const SHARED = new Map<z.ZodObject, string>([[stored, 'Stored']])

/** The HTTP routes of the operations, as OpenAPI 3.1. */
export function openApi(): Json {
  const paths: Record<string, Json> = {}
  const schemas: Json = {}
  for (const operation of OPERATIONS) {
    const { http } = operation
    if (!http) continue
    schemas[answerOf(operation)] = jsonSchema(operation.output, 'output', TARGET)
    const path = http.path.replaceAll(/:([a-zA-Z]+)/g, '{$1}')
    ;(paths[path] ??= {})[http.method.toLowerCase()] = routeOf(operation, http)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Chat API',
      version: '1',
      description: 'Rooms, members and messages over HTTP. docs/services.md describes limits, registration and log-in.',
    },
    security: [{ token: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      responses: {
        error: {
          description: 'Nothing was done. The code of the error says what to do.',
          content: content(z.object({ error: errorBody })),
        },
      },
    },
  }
}

function answerOf({ name, output }: AnyOperation): string {
  return SHARED.get(output) ?? `${name}Answer`
}

function routeOf(operation: AnyOperation, http: HttpBinding): Json {
  const { shape } = inputOf(operation, http)
  const names = Object.keys(shape)
  const inPath = names.filter((name) => http.path.includes(`:${name}`))
  const others = names.filter((name) => !inPath.includes(name))
  const inQuery = http.method === 'GET' ? others : []
  const inBody = http.method === 'GET' ? [] : others
  const status = http.status ?? 200
  const isRepeatable = status === 201
  const schema = { $ref: `#/components/schemas/${answerOf(operation)}` }
  const answer = { description: 'Done.', content: { 'application/json': { schema } } }
  return {
    operationId: operation.name,
    summary: operation.summary,
    parameters: [
      ...inPath.map((name) => parameter(name, shape, 'path')),
      ...inQuery.map((name) => parameter(name, shape, 'query')),
    ],
    ...(inBody.length > 0 && { requestBody: { required: true, content: content(only(shape, inBody), 'input') } }),
    responses: {
      ...(isRepeatable && { 200: { ...answer, description: 'It was done before.' } }),
      [status]: answer,
      default: ERROR,
    },
  }
}

function parameter(name: string, shape: z.ZodObject['shape'], place: 'path' | 'query'): Json {
  const { properties = {}, required = [] } = jsonSchema(only(shape, [name]), 'input', TARGET) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return { name, in: place, required: required.includes(name), schema: properties[name] }
}

function only(shape: z.ZodObject['shape'], names: readonly string[]): z.ZodObject {
  return z.object(Object.fromEntries(Object.entries(shape).filter(([name]) => names.includes(name))))
}

function content(schema: z.ZodObject, io: 'input' | 'output' = 'output'): Json {
  return { 'application/json': { schema: jsonSchema(schema, io, TARGET) } }
}
