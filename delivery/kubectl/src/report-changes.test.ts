import { expect, test } from 'vitest'
import { reportChanges } from './report-changes.ts'

test('reports each changed result until the work is done', async () => {
  const found = ['', 'a', 'a', 'b', 'b', 'a']
  const work = Promise.withResolvers<string>()
  const said: string[] = []
  const look = async (): Promise<string> => {
    if (found.length === 0) work.resolve('done')
    return found.shift() ?? 'too late'
  }
  expect(await reportChanges(work.promise, look, (text) => said.push(text), 1)).toBe('done')
  expect(said).toEqual(['a', 'b', 'a'])
})

test('ignores a poll that fails, and rejects with the error of the work', async () => {
  const said: string[] = []
  let looks = 0
  const work = Promise.withResolvers<never>()
  const look = async (): Promise<string> => {
    if (++looks === 3) work.reject(new Error('the work'))
    throw new Error('the look')
  }
  await expect(reportChanges(work.promise, look, (text) => said.push(text), 1)).rejects.toThrow('the work')
  expect(said).toEqual([])
})
