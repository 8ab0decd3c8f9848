import { DECISIONS } from '@chat-app/chat/annotations'
import { expect, test } from 'vitest'
import type { Connect } from '../../cluster/cluster.ts'
import { runCommand } from '../../testing/run.ts'
import { lastGoodBefore } from './rollback.ts'

/** A cluster with one ChatApp, and the patches that kubectl was told to send. */
function clusterWith(chatApp: { readonly spec?: object; readonly status?: object }) {
  const patches: unknown[] = []
  const metadata = { name: 'chat', namespace: 'here', uid: 'uid-chat' }
  const spec = { version: '1.0.0', paused: false, hibernated: false, ...chatApp.spec }
  const connect: Connect = () => ({
    kubectl: async () => '',
    results: async (args) => {
      if (args[0] === 'patch') patches.push(JSON.parse(args[args.indexOf('--patch') + 1] ?? ''))
      return { code: 0, out: JSON.stringify({ metadata, ...chatApp, spec }), err: '' }
    },
    inNamespace: [],
  })
  return { connect, patches }
}

const announced = {
  conditions: [{ type: 'UpdateAvailable', status: 'True', reason: 'NewerOperator', message: 'the pods of api differ' }],
}

test('update takes what is announced by a new value of the annotation', async () => {
  const { connect, patches } = clusterWith({ status: announced })
  const { code, err } = await runCommand(connect, ['update', 'chat'], 'yes')
  expect(code).toBe(0)
  expect(err).toContain('ChatApp here/chat: the pods of api differ. A rollout replaces these pods.')
  expect(patches).toEqual([
    { metadata: { uid: 'uid-chat', annotations: { [DECISIONS.update]: expect.stringMatching(/^\d+$/) as string } } },
  ])
})

test.each(['', 'no', 'yess', 'n', 'Y e s'])('the answer %j changes nothing', async (answer) => {
  const { connect, patches } = clusterWith({ status: announced })
  expect(await runCommand(connect, ['update', 'chat'], answer)).toMatchObject({ code: 1, out: '' })
  expect(patches).toEqual([])
})

test.each([
  [['--api'], /^api@\d+$/, 'all pods of api.'],
  [['--websocket'], /^websocket@\d+$/, 'all pods of websocket. Each client connects again once.'],
  [['--api', '--websocket'], /^api,websocket@\d+$/, 'all pods of api and websocket. Each client'],
  [[], /^\d+$/, 'all pods of api, websocket, and worker. Each client'],
] as const)('restart %j asks for it by an annotation, and leaves the spec as it is', async (flags, value, words) => {
  const { connect, patches } = clusterWith({ spec: { worker: {} } })
  expect((await runCommand(connect, ['restart', 'chat', ...flags], 'yes')).err).toContain(words)
  const annotations = { [DECISIONS.restart]: expect.stringMatching(value) as string }
  expect(patches).toEqual([{ metadata: { uid: 'uid-chat', annotations } }])
})

test('what would have no effect is refused: a restart while paused', async () => {
  const { connect, patches } = clusterWith({ spec: { paused: true } })
  const { code, err } = await runCommand(connect, ['restart', 'chat', '--yes'])
  expect({ code, patches }).toEqual({ code: 1, patches: [] })
  expect(err).toContain('is paused: the operator would do nothing')
})

test.each(['RolledBack', 'RolledBackByHand'])(
  'a restart is refused while a former release runs: %s',
  async (reason) => {
    const conditions = [{ type: 'Ready', status: 'False', reason, message: '' }]
    const { connect, patches } = clusterWith({ status: { conditions } })
    const { code, err } = await runCommand(connect, ['restart', 'chat', '--yes'])
    expect({ code, patches }).toEqual({ code: 1, patches: [] })
    expect(err).toContain(`runs a former release (${reason})`)
  },
)

const row = (number: number, isGood: boolean, ...runs: string[]) => ({
  number,
  version: '1.0.0',
  name: '',
  operator: '',
  createdAt: '',
  runs,
  ...(isGood && { goodSince: 'then' }),
})

test('the release to go back to is the newest good one below that which runs', () => {
  expect(lastGoodBefore([row(4, false, 'api'), row(3, false), row(2, true, 'websocket'), row(1, true)])?.number).toBe(2)
  expect(lastGoodBefore([row(2, true, 'api', 'websocket'), row(1, false)])).toBeUndefined()
})
