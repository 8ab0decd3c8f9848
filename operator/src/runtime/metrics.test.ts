import { expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

async function samples(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  const text = await metrics.registry.metrics()
  return text.split('\n').filter((line) => /^chat_app_(ready|waiting)/.test(line))
}

test('a ChatApp that is not ready has the reason in a metric, until it is ready or deleted', async () => {
  const metrics = createMetrics({ queueDepth: () => 0, isLeader: () => true })

  metrics.ready('shop', 'chat', { isReady: false, reason: 'MissingSecret' })
  metrics.ready('shop', 'chat', { isReady: false, reason: 'Migrating' })
  expect(await samples(metrics)).toEqual([
    'chat_app_ready{namespace="shop",name="chat"} 0',
    'chat_app_waiting{namespace="shop",name="chat",reason="Migrating"} 1',
  ])

  metrics.ready('shop', 'chat', { isReady: true, reason: 'Ready' })
  expect(await samples(metrics)).toEqual(['chat_app_ready{namespace="shop",name="chat"} 1'])

  metrics.ready('shop', 'chat', undefined)
  expect(await samples(metrics)).toEqual([])
})
