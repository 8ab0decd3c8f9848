import { describe, expect, test } from 'vitest'
import { lastWords, shorten } from './text.ts'

const IMAGE = `registry.example.com/${'team/'.repeat(20)}chat-service:9.9.9`
const CONTAINERD = `Back-off pulling image "${IMAGE}": ErrImagePull: failed to pull and unpack image "${IMAGE}": failed to resolve reference "${IMAGE}": failed to do request: Head "https://${IMAGE}": dial tcp: lookup registry.example.com: no such host`

describe('a text that is too long', () => {
  test('keeps the cause at its end, as containerd writes it, and what has failed', () => {
    const text = shorten(CONTAINERD)
    expect(text.length).toBeLessThanOrEqual(300)
    expect(text).toMatch(/^Back-off pulling image "registry/)
    expect(text).toMatch(/ \.\.\. .*dial tcp: lookup registry\.example\.com: no such host$/)
  })

  test('keeps the cause at its beginning, as the scheduler writes it', () => {
    const scheduler = `0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: ${'3 No preemption victims found for incoming pod. '.repeat(9)}`
    expect(shorten(scheduler)).toMatch(/^0\/3 nodes are available: 3 Insufficient cpu\./)
  })

  test('is cut to its limit without any boundary; a shorter one is only put into one line', () => {
    expect(shorten('x'.repeat(9999))).toHaveLength(300)
    expect(shorten(' a\n  b ')).toBe('a b')
  })
})

describe('the last words of a container', () => {
  const fatal = { level: 'fatal', msg: 'unexpected error', error: 'TypeError: x is not a function\n    at main.js:1' }
  test.each([
    [
      'the error of its last log line',
      `{"msg":"started"}\n${JSON.stringify(fatal)}\n`,
      'unexpected error: TypeError: x is not a function',
    ],
    [
      'the message of a logged Error',
      JSON.stringify({ msg: 'failed', err: { message: 'no route', stack: 'Error' } }),
      'failed: no route',
    ],
    [
      'the line that begins with an error',
      'node:internal/loader:1\n\nError: Cannot find module "x"\n    at a\n}\n\nNode.js v24\n',
      'Error: Cannot find module "x"',
    ],
    ['all of a plain text', 'production.yml: server.port: 0\nfix it', 'production.yml: server.port: 0 fix it'],
    ['a number that happens to be JSON', '42', '42'],
  ])('are %s', (_name, message, words) => {
    expect(lastWords(message)).toBe(words)
  })
})
