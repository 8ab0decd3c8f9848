import { expect, test } from 'vitest'
import { established } from './established.ts'

const definition = 'customresourcedefinition.apiextensions.k8s.io/chatapps.chat-app.com'

/** Answers like this, one after the other, then well. */
function kubectlThat(...answers: string[]) {
  const calls: string[] = []
  const kubectl = (args: readonly string[]): Promise<string> => {
    calls.push(args.join(' '))
    const answer = answers.shift()
    return answer === undefined ? Promise.resolve('') : Promise.reject(new Error(answer))
  }
  return { calls, kubectl }
}

test('a CRD that has no conditions yet is waited for', async () => {
  const { calls, kubectl } = kubectlThat(
    '.status.conditions accessor error: <nil> is of the type <nil>, expected []interface{}',
  )
  await established(kubectl, [definition], 30)
  expect(calls).toHaveLength(2)
  expect(calls[1]).toBe(`wait --for=condition=Established ${definition} --timeout=30s`)
})

test('what else goes wrong ends the wait', async () => {
  const { calls, kubectl } = kubectlThat('timed out waiting for the condition')
  await expect(established(kubectl, [definition], 30)).rejects.toThrow('timed out')
  expect(calls).toHaveLength(1)
})
