import { describe, expect, test } from 'vitest'
import { rendered } from '../testing/releases.ts'
import type { KubeObject } from '../runtime/types.ts'
import { fittedPolicy, fittedService } from './ports.ts'

const { objects, fresh } = rendered()
const template = fresh.templates.api

function child(kind: string): KubeObject {
  return objects.find((object) => object.kind === kind && object.metadata.name === 'chat-api')!
}

/** The template with other ports: names and numbers by the present names. */
function withPorts(changes: Readonly<Record<string, readonly [string, number]>>): object {
  const text = JSON.stringify(template, (key, value: unknown) => {
    if (key !== 'ports') return value
    return (value as { name: string; containerPort: number }[]).map((port) => {
      const [name, containerPort] = changes[port.name] ?? [port.name, port.containerPort]
      return { name, containerPort }
    })
  })
  return JSON.parse(text) as object
}

const targets = (other: object) => {
  const { ports } = fittedService(child('Service'), template, other)['spec'] as { ports: { targetPort: unknown }[] }
  return ports.map(({ targetPort }) => targetPort)
}
const open = (...others: object[]) => {
  const { ingress } = fittedPolicy(child('NetworkPolicy'), template, others)['spec'] as {
    ingress: { ports: { port: unknown }[] }[]
  }
  return ingress.map(({ ports }) => ports.map(({ port }) => port))
}

describe('Services and NetworkPolicies', () => {
  test('are as they are rendered for the pods of this operator', () => {
    expect(fittedService(child('Service'), template, template)).toEqual(child('Service'))
    expect(fittedPolicy(child('NetworkPolicy'), template, [template, template])).toEqual(child('NetworkPolicy'))
  })

  test.each([
    ['another number', { http: ['http', 8000] }, ['http', 'metrics'], [8000, 9090]],
    ['another name', { metrics: ['stats', 9090] }, ['http', 'stats'], [8080, 9090]],
    ['both others', { http: ['web', 8000], metrics: ['stats', 9000] }, ['web', 'stats'], [8000, 9000]],
    [
      'the name of the other one',
      { http: ['metrics', 9090], metrics: ['http', 8080] },
      ['http', 'metrics'],
      [8080, 9090],
    ],
  ] as const)('have the ports of pods in which a port has %s', (_what, changes, names, numbers) => {
    expect(targets(withPorts(changes))).toEqual(names)
    expect(open(withPorts(changes))).toEqual([numbers])
  })

  test('open the ports of all pods that may run', () => {
    expect(open(template, withPorts({ http: ['http', 8000] }))).toEqual([[8080, 9090, 8000]])
  })

  test('stay as they are rendered for pods without a port', () => {
    expect(targets({ spec: { containers: [{ name: 'api' }] } })).toEqual(['http', 'metrics'])
    expect(open({})).toEqual([[8080, 9090]])
  })
})
