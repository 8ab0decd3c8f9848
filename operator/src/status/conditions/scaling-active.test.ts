import { describe, expect, test } from 'vitest'
import type { Observed } from '../../observe/observed.ts'
import { observed } from '../../testing/observed.ts'
import { scalingActive } from './scaling-active.ts'

describe('ScalingActive', () => {
  const autoscaling = { minReplicas: 1, maxReplicas: 9 }
  const both = { api: { autoscaling }, websocket: { autoscaling } }
  const autoscaler = (...conditions: object[]) => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'x', namespace: 'ns' },
    status: { conditions },
  })
  const able = { type: 'AbleToScale', status: 'True', reason: 'SucceededGetScale', message: '' }
  const active = autoscaler(able, { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound', message: '' })
  const blind = autoscaler(able, {
    type: 'ScalingActive',
    status: 'False',
    reason: 'FailedGetResourceMetric',
    message: 'unable to get metrics for resource cpu',
  })
  const unable = autoscaler({ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message: 'not found' })
  test.each<[string, Observed, string, string, string]>([
    [
      'both can act',
      observed({ autoscalers: { api: active, websocket: active } }, both),
      'True',
      'Active',
      'HorizontalPodAutoscaler chat-api: it can set the number of pods; HorizontalPodAutoscaler chat-websocket: it can set the number of pods',
    ],
    [
      'one has no metrics',
      observed({ autoscalers: { api: active, websocket: blind } }, both),
      'False',
      'FailedGetResourceMetric',
      'HorizontalPodAutoscaler chat-websocket: unable to get metrics for resource cpu',
    ],
    [
      'it finds no Deployment',
      observed({ autoscalers: { api: unable } }, { api: { autoscaling } }),
      'False',
      'FailedGetScale',
      'HorizontalPodAutoscaler chat-api: not found',
    ],
    [
      'it is new',
      observed({}, { api: { autoscaling } }),
      'Unknown',
      'NotReported',
      'HorizontalPodAutoscaler chat-api: it has not reported yet',
    ],
  ])('%s', (_situation, seen, status, reason, message) => {
    expect(scalingActive(seen)).toMatchObject({ status, reason, message })
  })

  test('without an autoscaler there is no condition', () => {
    expect(scalingActive(observed())).toBeUndefined()
  })
})
