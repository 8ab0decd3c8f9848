import { ApiObject, App, Chart, type ApiObjectProps } from 'cdk8s'
import { expect, test } from 'vitest'
import { Manifest } from './manifest.ts'

const fields: ApiObjectProps = {
  kind: 'Thing',
  apiVersion: 'example.com/v1',
  metadata: { namespace: 'there', name: 'thing', labels: { z: '1', a: '2' }, annotations: {} },
  spec: { z: [{ b: 1, a: undefined }, [], null], a: { y: {}, x: '' }, none: null, not: undefined, no: false, zero: 0 },
  data: undefined,
  another: 1,
}

test.each([{ namespace: 'here', labels: { part: 'one' } }, {}])(
  'is to the byte what cdk8s makes of it, in %j',
  (props) => {
    const chart = new Chart(new App(), 'chart', props)
    for (const given of [
      fields,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'map' }, data: { a: 'b' } },
    ]) {
      const manifest = new Manifest(chart, `manifest-${given.kind}`, given)
      const object = new ApiObject(chart, `object-${given.kind}`, given)
      expect(JSON.stringify(manifest.toJson())).toBe(JSON.stringify(object.toJson()))
    }
  },
)

test('has the labels that are added later', () => {
  const manifest = new Manifest(new Chart(new App(), 'chart'), 'manifest', fields)
  manifest.metadata.addLabel('late', 'yes')
  expect(manifest.toJson()).toMatchObject({ metadata: { labels: { late: 'yes', z: '1' } } })
})

test('refuses a value that is not plain JSON', () => {
  const withDate = { ...fields, spec: { since: new Date(0) } }
  const manifest = new Manifest(new Chart(new App(), 'chart'), 'manifest', withDate)
  expect(() => manifest.toJson()).toThrow('Date is not plain JSON')
})
