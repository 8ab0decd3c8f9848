import { expect, test } from 'vitest'
import { generated } from './generate.ts'

test('the reference names each field with its default and its rule', () => {
  const page = generated()['docs/reference/chatapp.md']
  expect(page).toMatch(
    /`spec.websocket.drain.periodSeconds`\*\* \(integer\)\s+[^`]*in seconds[^`]* Default: 60\.\s+From 1 to 540\./,
  )
  expect(page).toMatch(/`spec.exposure`\*\* \(object\)[^`]*\n  - Rule: hosts: type Ingress needs hosts\.api/)
})
