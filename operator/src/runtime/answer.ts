import type { Readable } from 'node:stream'
import { ApiError, ConnectionError } from './errors.ts'
import { at, parseJson } from './json.ts'

/** The part of a request that error messages name. */
interface Named {
  readonly method: string
  readonly path: string
}

/** The whole body as text. @throws Error when it is larger than `maxBytes` */
export async function readText(body: Readable, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) {
      body.destroy()
      throw new Error(`the answer is larger than ${maxBytes} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** @throws ApiError for a body that is not JSON, such as the login page of a proxy */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the type of the answer
export function parseAnswer<T>(options: Named, status: number, text: string): T {
  try {
    return parseJson(text)
  } catch {
    throw new ApiError(`${describe(options)}: ${status} with a body that is not JSON: ${text.slice(0, 100)}`, status)
  }
}

/** The texts of `Warning: 299 - "..."` headers, by which the API server reports unknown and deprecated fields. */
export function warningsOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return []
  return [header]
    .flat()
    .flatMap((value) => [...value.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!))
}

/** An error of undici as a ConnectionError that names the request. */
export function connectionError(options: Named, error: unknown): Error {
  if (error instanceof ApiError || error instanceof ConnectionError) return error
  const message = at<string>(error, 'message') ?? String(error)
  const code = at<string>(error, 'code')
  return new ConnectionError(
    `${describe(options)}: ${code === undefined || code === '' ? message : `${code} ${message}`}`,
    {
      cause: error,
    },
  )
}

export function describe(options: Named): string {
  return `${options.method} ${options.path}`
}
