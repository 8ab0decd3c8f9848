import { describe, expect, test } from 'vitest'
import { rendered, type Loose } from '../testing.ts'

const autoscaling = { minReplicas: 3, maxReplicas: 12, target: { cpuUtilizationPercent: 60 } }

describe('disruption budgets', () => {
  test('allow one disruption at a time, when there are two pods or more', () => {
    const { get, find } = rendered({ api: { replicas: 1 }, websocket: { replicas: 2 } })
    expect(get('PodDisruptionBudget', 'chat-websocket').spec).toMatchObject({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    })
    expect(find('PodDisruptionBudget', 'chat-api')).toBeUndefined()
  })

  test('stay while hibernated', () => {
    const kinds = (hibernated: boolean) => rendered({ hibernated }).kinds()
    expect(kinds(true)).toEqual(kinds(false))
    for (const { spec } of rendered({ hibernated: true }).all('Deployment') as Loose[]) expect(spec.replicas).toBe(0)
  })
})

describe('autoscalers', () => {
  test('scale by CPU between the bounds', () => {
    const { spec } = rendered({ api: { autoscaling } }).get('HorizontalPodAutoscaler', 'chat-api')
    expect(spec).toMatchObject({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'chat-api' },
      minReplicas: 3,
      maxReplicas: 12,
      metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 60 } } }],
    })
  })

  test.each([
    [10, 60],
    [300, 300],
  ])(
    'with a drain of %i s, remove at most one WebSocket pod in that time and in a minute',
    (periodSeconds, expected) => {
      const { get } = rendered({ websocket: { autoscaling, drain: { periodSeconds } } })
      expect(get('HorizontalPodAutoscaler', 'chat-websocket').spec.behavior.scaleDown.policies).toEqual([
        { type: 'Pods', value: 1, periodSeconds: expected },
      ])
    },
  )

  test('exist only when the ChatApp has one, and not while hibernated', () => {
    expect(rendered().kinds()).not.toContain('HorizontalPodAutoscaler')
    expect(rendered({ hibernated: true, api: { autoscaling } }).kinds()).not.toContain('HorizontalPodAutoscaler')
  })
})

describe('network policies', () => {
  test('allow the served ports, and exist unless disabled', () => {
    const { get, all } = rendered()
    expect(get('NetworkPolicy', 'chat-websocket').spec.ingress[0].ports.map(({ port }: Loose) => port)).toEqual([
      8085, 9090,
    ])
    expect(all('NetworkPolicy')).toHaveLength(4)
    expect(rendered({ networkPolicy: { mode: 'Disabled' } }).kinds()).not.toContain('NetworkPolicy')
  })
})

describe('monitors', () => {
  test('have the label that the documented Prometheus selects', () => {
    const monitor = rendered().get('ServiceMonitor', 'chat-api')
    expect(monitor.metadata.labels.app).toBe('chat-app')
    expect(monitor.spec.endpoints[0]).toMatchObject({ port: 'metrics', path: '/metrics' })
  })

  test('do not exist without the kind ServiceMonitor, or when disabled', () => {
    expect(rendered({}, { installedKinds: new Set() }).kinds()).not.toContain('ServiceMonitor')
    expect(rendered({ monitoring: { mode: 'Disabled' } }).kinds()).not.toContain('ServiceMonitor')
  })
})
