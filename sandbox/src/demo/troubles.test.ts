import { expect, test } from 'vitest'
import { podTroubles } from './troubles.ts'

test('names what keeps pods from running, and passes over what is on its way', async () => {
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
  expect(await podTroubles(kubectl, 'data')).toEqual([
    'no-place: Unschedulable: 0/1 nodes',
    'no-image: ImagePullBackOff: Back-off pulling image "x"',
    'crashing: CrashLoopBackOff: ',
  ])
  expect(asked).toEqual([['get', 'pods', '-n', 'data', '-o', 'json']])
})
