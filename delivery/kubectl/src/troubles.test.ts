import { expect, onTestFinished, test, vi } from 'vitest'
import { inFull, inShort, podTroubles } from './troubles.ts'

test('finds the pods that cannot run, and not those that are starting', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()
  const unscheduled = (lastTransitionTime: string) => ({
    conditions: [
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes', lastTransitionTime },
    ],
  })
  const waiting = (reason: string, message?: string) => ({
    conditions: [{ type: 'PodScheduled', status: 'True' }],
    containerStatuses: [{ state: { running: {} } }, { state: { waiting: { reason, message } } }],
  })
  const pods = {
    'no-place': unscheduled(ago(60_000)),
    'no-place-yet': unscheduled(ago(1000)),
    'no-image': waiting('ImagePullBackOff', 'Back-off pulling image "x"'),
    crashing: waiting('CrashLoopBackOff'),
    starting: waiting('ContainerCreating'),
    running: { containerStatuses: [{ state: { running: {} } }] },
    new: {},
  }
  const items = Object.entries(pods).map(([name, status]) => ({ metadata: { name }, status }))
  const asked: (readonly string[])[] = []
  const kubectl = async (args: readonly string[]): Promise<string> => (asked.push(args), JSON.stringify({ items }))
  const found = await podTroubles(kubectl, 'data')
  expect(asked).toEqual([['get', 'pods', '-n', 'data', '-o', 'json']])
  expect(inFull(found)).toEqual([
    'no-place: Unschedulable: 0/1 nodes',
    'no-image: ImagePullBackOff: Back-off pulling image "x"',
    'crashing: CrashLoopBackOff: ',
  ])
  expect(inShort(found)).toBe('3 pods cannot run (no-place: Unschedulable)')
})

test('inShort is the same for both reasons of a failing pull, and empty without troubles', () => {
  const trouble = (reason: string) => [{ pod: 'redis-0', reason, message: reason }]
  expect(inShort(trouble('ErrImagePull'))).toBe('1 pod cannot run (redis-0: ImagePullBackOff)')
  expect(inShort(trouble('ImagePullBackOff'))).toBe(inShort(trouble('ErrImagePull')))
  expect(inShort([])).toBe('')
})

test('inFull limits the number of lines and the length of a message', () => {
  const many = Array.from({ length: 9 }, (_, i) => ({ pod: `p-${i}`, reason: 'R', message: 'x'.repeat(5000) }))
  const lines = inFull(many)
  expect(lines).toHaveLength(6)
  expect(lines.at(-1)).toBe('and 4 more')
  expect(lines.join('').length).toBeLessThan(2000)
})
