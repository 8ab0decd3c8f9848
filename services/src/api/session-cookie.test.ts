import cookie from '@fastify/cookie'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { clearCookie, inCookie, ofCookie } from './session-cookie.ts'

const GRANTED = { name: 'ann', token: 't', expiresAt: '2030-01-31T12:00:00.000Z', refreshToken: 'id.secret' }

async function app(key: string) {
  const server = fastify()
  onTestFinished(() => server.close())
  await server.register(cookie)
  server.post('/api/users/login', async (_request, reply) => inCookie(reply, GRANTED, { key, sessionMs: 1500 }))
  server.post('/api/users/refresh', async (request) => ofCookie(request))
  server.post('/api/users/logout', async (_request, reply) => (clearCookie(reply), {}))
  return server
}

test.for(['abcdefghijklmnopqrstuv', 'a!b;c,d "e%f=g!hijklmnop'])('a cookie keeps the key %s', async (key) => {
  const server = await app(key)
  const { headers, body } = await server.inject({ method: 'POST', url: '/api/users/login' })
  const [pair = '', ...attributes] = String(headers['set-cookie']).split('; ')
  expect(attributes.sort()).toEqual(['HttpOnly', 'Max-Age=2', 'Path=/api/users', 'SameSite=Strict', 'Secure'])
  expect(body).not.toContain('secret')
  const refreshed = await server.inject({ method: 'POST', url: '/api/users/refresh', headers: { cookie: pair } })
  expect(refreshed.json()).toEqual({ refreshToken: 'id.secret', deviceKey: key })
})

test.for(['', 'chat_session=', 'chat_session=token', 'chat_session=!key', 'chat_session=token!'])(
  'the cookie "%s" holds no session',
  async (text) => {
    const server = await app('key')
    const answer = await server.inject({ method: 'POST', url: '/api/users/refresh', headers: { cookie: text } })
    expect(answer.body).toContain('there is no session in a cookie: log in')
  },
)

test('a log-out removes the cookie where it was set', async () => {
  const server = await app('key')
  const { headers } = await server.inject({ method: 'POST', url: '/api/users/logout' })
  expect(String(headers['set-cookie'])).toMatch(/^chat_session=; .*Path=\/api\/users; Expires=Thu, 01 Jan 1970/)
})
