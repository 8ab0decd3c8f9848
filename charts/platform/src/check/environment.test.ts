import { local, prod } from '../testing/environments/index.ts'
import { describe, expect, test } from 'vitest'
import { applied, manifests } from '../bundle.ts'
import { assertDistinct, clustersOf } from './clusters.ts'
import { EnvironmentError, type Environment } from '../environment/environment.ts'

/** What is said of an environment that has these values in place of its own. */
function said(values: object, of: Environment = local): string {
  try {
    clustersOf({ ...of, ...values }).map(manifests)
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message
    throw error
  }
  return ''
}

describe('an environment is refused', () => {
  test('with the field, the value and the rule', () => {
    expect(said({ dataNamespace: 'Data' })).toBe(
      'environment "local" is not valid:\n  dataNamespace: must be lower-case letters, digits and -, and begin with a letter (it is "Data")',
    )
  })

  test('for a key that there is not, with the one that may have been meant', () => {
    expect(said({ dataNamspace: 'x' })).toContain('dataNamspace: there is no such key; did you mean "dataNamespace"?')
    expect(said({ operator: { ...local.operator, replica: 1 } })).toContain(
      'operator.replica: there is no such key; did you mean "replicas"?',
    )
    expect(said({ database: { ...local.database, storrage: '1Gi' } })).toContain(
      'database.storrage: there is no such key; did you mean "storage"?',
    )
    expect(said({ speed: 'high' })).toMatch(/ speed: there is no such key$/)
  })

  test('for a ChatApp that its operator would refuse', () => {
    const chatApp = { ...local.chatApp, spec: { version: 'not a tag' } }
    expect(said({ chatApp })).toMatch(
      /^environment "local" is not valid:\n {2}chatApp\.spec\.version: must be a release/,
    )
  })

  test('for more pods than the database has connections for, while they roll out', () => {
    // 20 for each of 12 + 1 API pods, 10 for each WebSocket pod and the one that replaces it, 4 for the migration.
    const websockets = (maxReplicas: number) => ({
      chatApp: {
        ...prod.chatApp,
        spec: { ...prod.chatApp.spec, websocket: { autoscaling: { minReplicas: 5, maxReplicas } } },
      },
    })
    expect(said(websockets(31), prod)).toBe('')
    expect(said(websockets(32), prod)).toMatch(
      /chatApp\.spec\.websocket: must have fewer pods at most: .* open 904 database connections of 900 that there are \(it is \{.*32/,
    )
    expect(said({ policies: { ...prod.policies, chatApps: 2 } }, prod)).toContain('open 1728 database connections')
  })

  test('for regions of which none takes the writes', () => {
    const regions = { ...prod.regions, active: 'moon' }
    expect(said({ regions }, prod)).toContain('regions.active: must be the name of one of the clusters (it is "moon")')
  })

  test('for two parts in one namespace', () => {
    expect(said({ dataNamespace: local.chatApp.namespace })).toContain(
      'dataNamespace: must not be a namespace of another part (it is "chat-app")',
    )
  })

  test('for a name that another one has', () => {
    expect(() => assertDistinct([local, prod, local])).toThrow(
      'environment "local" is not valid:\n  name: must be the name of one environment only',
    )
  })
})

test('each cluster of each environment has an object only once', () => {
  for (const cluster of [local, prod].flatMap(clustersOf)) {
    const names = applied(cluster).map(({ apiVersion, kind, metadata: { namespace, name } }) =>
      [apiVersion.split('/')[0], kind, namespace, name].join(' '),
    )
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  }
})
