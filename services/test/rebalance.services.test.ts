import { expect, test } from 'vitest'
import { eventually, must } from '@chat-app/testing'
import { Crowd } from './crowd.ts'

const CLIENTS = 200
/** As many moves show the share, and come within a minute. */
const MOVES = 20

test('a process that is added takes connections from the full one, and nothing is lost', async () => {
  await using crowd = await Crowd.open({ processes: 1, clients: CLIENTS, env: { REBALANCE_PERCENT: '50' } })
  const { closed, processes } = crowd

  await crowd.add(1)
  await eventually(async () => {
    expect(await crowd.metric('chat_connections_mean')).toEqual([CLIENTS / 2, CLIENTS / 2])
  })
  expect(closed).toEqual([])
  await eventually(() => expect(closed.length).toBeGreaterThanOrEqual(MOVES))

  const moved = closed.slice(0, MOVES)
  expect(new Set(moved.map(({ code, reason }) => `${code} ${reason}`))).toEqual(new Set(['1012 rebalance']))
  // Half of a surplus of 100 in a minute is at most one in 1.2 s.
  expect(must(moved.at(-1), 'the last').at - must(moved[0], 'the first').at).toBeGreaterThan((MOVES * 1200) / 2)
  await eventually(async () => expect((await crowd.metric('chat_connections'))[1]).toBeGreaterThan(0))

  const added = must(processes.pop(), 'the added process')
  added.kill('SIGTERM')
  expect(await added.exited()).toBe(0)
  await eventually(async () => expect(await crowd.metric('chat_connections_mean')).toEqual([CLIENTS]))
  const moves = closed.filter(({ reason }) => reason === 'rebalance')
  expect(new Set(moves.map(({ client }) => client)).size).toBe(moves.length)
  expect(await crowd.metric('chat_connections_moved_total')).toEqual([moves.length])

  await crowd.finish()
  const { sent } = crowd.counts()
  await eventually(() => expect(crowd.counts()).toMatchObject({ acknowledged: sent, lost: 0, duplicated: 0 }))
})
