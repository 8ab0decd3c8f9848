import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Choice } from '../chaos/choice.ts'
import { hostileText, mutated } from './mutations.ts'
import { validRequest, type Target } from './valid.ts'

export interface RequestAttack {
  /** Base of the API. */
  readonly url: string
  readonly token: () => string
  readonly choice: Choice
  readonly target: Target
  readonly requests: number
  /** Requests at a time. */
  readonly inFlight: number
  readonly onSent?: (requests: number) => void
}

const TIMEOUT_MS = 60_000
const OTHER_PATHS = [
  '/api/users/register',
  '/api/users/login',
  '/api/users/refresh',
  '/api/users/me/sessions',
  '/actuator/health',
]
const METHODS = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']
const BOMB = gzipSync(Buffer.alloc(16 * 1024 * 1024))
/** What is no HTTP, or ends in the middle. */
const RAW: readonly string[] = [
  'GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
  'POST /api/users/login HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n{}',
  `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(3000)}\r\n`,
  'POST /api/users/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n{"name"',
  '\u0016\u0003\u0001\u0002\u0000\u0001',
  'GET /%ff%fe%00 HTTP/1.1\r\nHost: x\r\n\r\n',
]

/**
 * Sends hostile requests.
 *
 * @returns how many answers of each status there were
 * @throws Error for a status of 500 or more, other than 503 with Retry-After
 */
export async function attackRequests(attack: RequestAttack): Promise<Map<string, number>> {
  const answers = new Map<string, number>()
  let left = attack.requests
  await Promise.all(
    Array.from({ length: attack.inFlight }, async () => {
      while (left > 0) {
        left -= 1
        const status = attack.choice.number() < 0.02 ? await sendRaw(attack) : await sendOne(attack)
        answers.set(status, (answers.get(status) ?? 0) + 1)
        attack.onSent?.(1)
      }
    }),
  )
  return answers
}

async function sendOne({ url, token, choice, target }: RequestAttack): Promise<string> {
  const { method, path, body } = hostileRequest(choice, target)
  const hasBody = method !== 'GET' && method !== 'HEAD' && body !== undefined
  const isBomb = choice.number() < 0.02
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(choice.number() < 0.95 && { Authorization: `Bearer ${token()}` }),
      ...(hasBody && { 'Content-Type': choice.number() < 0.97 ? 'application/json' : 'text/plain' }),
      ...(hasBody && isBomb && { 'Content-Encoding': choice.of(['gzip', 'deflate', 'br']) }),
    },
    ...(hasBody && { body: isBomb ? BOMB : body }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const text = await response.text()
  const { status } = response
  if (status >= 500 && !(status === 503 && response.headers.has('retry-after')))
    throw new Error(`${method} ${path} with ${body?.slice(0, 500)} was answered with ${status}: ${text.slice(0, 500)}`)
  return String(status)
}

function hostileRequest(choice: Choice, target: Target): { method: string; path: string; body: string | undefined } {
  const request = validRequest(choice, target)
  const method = choice.number() < 0.95 ? request.method : choice.of(METHODS)
  if (choice.number() < 0.2) {
    const body = mutated(choice, { name: choice.of(target.users), password: 'correct horse', refreshToken: 'x' })
    return { method: choice.of(METHODS), path: choice.of(OTHER_PATHS), body }
  }
  const fields: Record<string, unknown> = { ...request.fields }
  const text = (name: string) => {
    const value = fields[name]
    delete fields[name]
    if (choice.number() < 0.1) return hostileText(choice)
    return typeof value === 'string' ? value : JSON.stringify(value ?? '')
  }
  const path = request.path.replaceAll(/:([a-z]+)/gi, (_, name: string) => encodeURIComponent(text(name)))
  if (request.method !== 'GET') return { method, path, body: mutated(choice, fields) }
  const query = Object.keys(fields).map((name) => `${name}=${encodeURIComponent(text(name))}`)
  return { method, path: `${path}?${query.join('&')}`, body: undefined }
}

/** Sends bytes, and hangs up. Whatever is answered, it is no status of 500 or more. */
async function sendRaw({ url, choice }: RequestAttack): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  socket.on('error', () => undefined)
  const closed = once(socket, 'close')
  const bytes = choice.of(RAW)
  socket.write(bytes)
  socket.end()
  await closed
  const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'no answer'
  if (status.startsWith('5')) throw new Error(`${JSON.stringify(bytes.slice(0, 200))} was answered with ${status}`)
  return status
}
