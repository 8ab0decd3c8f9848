import { expect, test } from 'vitest'
import { quotaOf, type Turn } from './quota.ts'

const NO_JOBS = { first: [], beside: [] }

/** A pod template whose container asks for so many cores. */
function template(cpu: string, more: object = {}): object {
  return { spec: { containers: [{ name: 'a', resources: { requests: { cpu }, limits: { cpu: '4' } } }], ...more } }
}

function turn(component: Turn['component'], before: number, after: number, surge: number, cpu = ['1', '1']): Turn {
  const [from = '', to = ''] = cpu
  return {
    component,
    before: { replicas: before, template: template(from) },
    after: { replicas: after, template: template(to) },
    surge,
  }
}

test('services are replaced one after the other, so their surges do not add up', () => {
  const { before, most, after } = quotaOf([turn('api', 3, 3, 1), turn('websocket', 5, 5, 5)], NO_JOBS)
  expect([before.pods, most.pods, after.pods]).toEqual([8, 13, 8])
  expect(most.requests.cpu).toBe(13)
  expect(most.limits.cpu).toBe(52)
})

test('pods that were replaced before count as the new ones, and those after as the former ones', () => {
  const turns = [turn('api', 2, 2, 1, ['1', '3']), turn('websocket', 2, 2, 2, ['1', '1'])]
  // While the WebSocket service is replaced: 2 x 3 cores of the API, and 4 x 1.
  expect(quotaOf(turns, NO_JOBS).most.requests.cpu).toBe(10)
})

test('numbers of pods change first, and a Job runs before the services or beside them', () => {
  expect(quotaOf([turn('api', 1, 6, 0)], { first: [template('500m')], beside: [] }).most).toMatchObject({ pods: 7 })
  const besides = quotaOf([turn('api', 1, 1, 1)], { first: [template('9')], beside: [template('2')] }).most
  expect(besides).toMatchObject({ pods: 3, requests: { cpu: 10 } })
})

test('sidecars count with the containers, and init containers where they need more', () => {
  const sidecar = { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } }
  const init = (cpu: string) => ({ name: 'i', resources: { requests: { cpu } } })
  const need = (initContainers: object[]) => {
    const one = { replicas: 1, template: template('2', { initContainers }) }
    return quotaOf([{ component: 'api', before: one, after: one, surge: 0 }], NO_JOBS).before.requests.cpu
  }
  expect([need([]), need([sidecar]), need([sidecar, init('2')]), need([sidecar, init('8')])]).toEqual([2, 3, 3, 8])
})
