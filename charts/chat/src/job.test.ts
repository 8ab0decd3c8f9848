import { App, Chart } from 'cdk8s'
import { KubeJob, Quantity, type JobSpec } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { expect, test } from 'vitest'
import { hashedJob, jobName } from './job.ts'

const spec = (cpu: string, image = 'busybox:1'): JobSpec => ({
  template: {
    spec: { containers: [{ name: 'work', image, resources: { limits: { cpu: Quantity.fromString(cpu) } } }] },
  },
})

function rendered(jobSpec: JobSpec) {
  const chart = new Chart(new App(), 'test', { disableResourceNameHashes: true })
  return new KubeJob(chart, 'job', hashedJob({ name: 'work', namespace: 'shop' }, jobSpec)).toJson()
}

test('a Job keeps its name while its spec stays the same', () => {
  expect(rendered(spec('1')).metadata).toEqual(rendered(spec('1')).metadata)
  expect(rendered(spec('1')).metadata).toMatchObject({
    namespace: 'shop',
    name: expect.stringMatching(/^work-[0-9a-f]{8}$/),
  })
})

test('another image or another quantity gives another name', () => {
  const names = [spec('1'), spec('1', 'busybox:2'), spec('2')].map((job) => rendered(job).metadata.name)
  expect(new Set(names).size).toBe(3)
})

test('the order of fields does not change the name', () => {
  expect(jobName('work', { a: 1, b: { c: 2, d: 3 } })).toBe(jobName('work', { b: { d: 3, c: 2 }, a: 1 }))
})
