import { expect, test } from 'vitest'
import { established } from './established.ts'

const DEFINITION = 'customresourcedefinition.apiextensions.k8s.io/chatapps.chat-app.com'

/** A kubectl that fails with these messages, one for each call, and then succeeds. */
function failingKubectl(...answers: string[]) {
  const calls: string[] = []
  const kubectl = (args: readonly string[]): Promise<string> => {
    calls.push(args.join(' '))
    const answer = answers.shift()
    return answer === undefined ? Promise.resolve('') : Promise.reject(new Error(answer))
  }
  return { calls, kubectl }
}

test('waits for a CRD that has no conditions yet', async () => {
  const { calls, kubectl } = failingKubectl(
    '.status.conditions accessor error: <nil> is of the type <nil>, expected []interface{}',
  )
  await established(kubectl, [DEFINITION], 30)
  expect(calls).toHaveLength(2)
  expect(calls[1]).toBe(`wait --for=condition=Established ${DEFINITION} --timeout=30s`)
})

test('rejects at once on any other error', async () => {
  const { calls, kubectl } = failingKubectl('timed out waiting for the condition')
  await expect(established(kubectl, [DEFINITION], 30)).rejects.toThrow('timed out')
  expect(calls).toHaveLength(1)
})
