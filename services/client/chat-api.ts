import { call } from './api.ts'
import { ROUTES, type AnswerOf, type HttpOperation, type InputOf } from './operations.ts'

/** A method for each operation that can be asked for over HTTP. Each rejects with an ApiError. */
export type ChatApi = { readonly [N in HttpOperation]: (input: InputOf<N>) => Promise<AnswerOf<N>> }

/**
 * The operations of the API, as docs/reference/openapi.yaml describes them.
 *
 * @param url base of the API, such as http://127.0.0.1:8080
 * @param token of the user, or a function that returns one for each request
 */
export function openApi(url: string, token: string | (() => string | Promise<string>)): ChatApi {
  const methods = Object.entries(ROUTES).map(([name, [method, path]]) => [
    name,
    async (input: Readonly<Record<string, unknown>>) => {
      const { filled, rest } = fill(path, input)
      const query = method === 'GET' ? queryOf(rest) : ''
      const body = method === 'GET' ? undefined : rest
      return call(url, method, filled + query, typeof token === 'string' ? token : await token(), body)
    },
  ])
  return Object.fromEntries(methods) as ChatApi
}

/** Puts fields of the input into a path. */
function fill(path: string, input: Readonly<Record<string, unknown>>) {
  const rest = { ...input }
  const filled = path.replaceAll(/:([a-z]+)/gi, (_, name: string) => {
    const value = String(rest[name])
    delete rest[name]
    return encodeURIComponent(value)
  })
  return { filled, rest }
}

function queryOf(fields: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)
  const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))
  return given.length === 0 ? '' : `?${query.toString()}`
}
