import { full, regional, small } from '../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { manifests } from '../bundle.ts'
import { assertDistinct, assertOneOwner, assertPipeline, clustersOf } from './clusters.ts'
import { EnvironmentError, type Environment } from '../environment/environment.ts'

/** The message for an environment with changed values; empty when it is valid. */
function said(values: object, of: Environment = small): string {
  try {
    clustersOf({ ...of, ...values }).map(manifests)
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message
    throw error
  }
  return ''
}

describe('an environment is rejected', () => {
  test('with the field, the value and the rule', () => {
    expect(said({ dataNamespace: 'Data' })).toBe(
      'environment "small" is not valid:\n  dataNamespace: must be lower-case letters, digits and -, and begin with a letter (it is "Data")',
    )
  })

  test('for an unknown key, with the closest known one', () => {
    expect(said({ dataNamspace: 'x' })).toContain('dataNamspace: there is no such key; did you mean "dataNamespace"?')
    expect(said({ operator: { ...small.operator, replica: 1 } })).toContain(
      'operator.replica: there is no such key; did you mean "replicas"?',
    )
    expect(said({ database: { ...small.database, storrage: '1Gi' } })).toContain(
      'database.storrage: there is no such key; did you mean "storage"?',
    )
    expect(said({ speed: 'high' })).toMatch(/ speed: there is no such key$/)
  })

  test('for a ChatApp that the operator would reject', () => {
    const chatApp = { ...small.chatApp, spec: { version: 'not a tag' } }
    expect(said({ chatApp })).toMatch(
      /^environment "small" is not valid:\n {2}chatApp\.spec\.version: must be a release/,
    )
  })

  test('for more pods than the database allows connections while they roll out', () => {
    // 20 for each of 12 + 1 API pods, 10 for each WebSocket pod and the one that replaces it, 4 for the migration, and 10
    // for each worker and one more.
    const websockets = (maxReplicas: number, others = {}) => ({
      chatApp: {
        ...full.chatApp,
        spec: { ...full.chatApp.spec, websocket: { autoscaling: { minReplicas: 5, maxReplicas } }, ...others },
      },
    })
    expect(said(websockets(31), full)).toBe('')
    expect(said(websockets(32), full)).toMatch(
      /chatApp\.spec\.websocket: must have a lower maximum of pods: .* open 904 database connections .* of 900 that the database allows them \(it is \{.*32/,
    )
    expect(said(websockets(31, { worker: {} }), full)).toContain('open 904 database connections')
    expect(said({ ...websockets(30), policies: { ...full.policies, chatApps: 2 } }, full)).toContain(
      'open 1728 database connections',
    )
  })

  test('for an active region that does not exist', () => {
    const regions = { ...regional.regions, active: 'moon' }
    expect(said({ regions }, regional)).toContain(
      'regions.active: must be the name of one of the clusters (it is "moon")',
    )
  })

  test('for two parts in one namespace', () => {
    expect(said({ dataNamespace: small.chatApp.namespace })).toContain(
      'dataNamespace: must not be the namespace of another part (it is "chat")',
    )
  })

  test('for hosts of a namespace without ChatApps, or that are no hosts', () => {
    const enforcing = (hosts: object) => ({ policies: { ...small.policies, enforce: { hosts } } })
    expect(said(enforcing({ [small.chatApp.namespace]: ['*.example.com'] }))).toBe('')
    expect(said(enforcing({ elsewhere: [] }))).toContain(
      'policies.enforce.hosts.elsewhere: must be a namespace of operator.watchNamespaces',
    )
    expect(said(enforcing({ [small.chatApp.namespace]: ['https://a.example.com'] }))).toContain(
      'must be a host such as',
    )
  })

  test('for a deployment that waits for one of other pipelines, or shares an environment of GitLab', () => {
    const first: Environment = { ...small, pipeline: { on: 'develop', start: 'manual', tier: 'testing' } }
    const second = (pipeline: object): Environment => ({
      ...small,
      name: 'second',
      pipeline: { on: 'tag', start: 'manual', tier: 'testing', ...pipeline },
    })
    expect(() => assertPipeline([first, second({ on: 'develop', after: 'small' })])).not.toThrow()
    expect(() => assertPipeline([first, second({ after: 'small' })])).toThrow(
      'pipeline.after: must be an environment that stands before it in the list and is deployed on tag: there is none (it is "small")',
    )
    expect(() => assertPipeline([first, second({ environment: 'small' })])).toThrow(
      'pipeline.environment: must differ from that of small',
    )
  })

  test('for a host that another namespace of the same cluster has', () => {
    const enforce = { hosts: { [small.chatApp.namespace]: ['a.example.com'] } }
    const one = { ...small, policies: { ...small.policies, enforce } }
    const other = { ...one, name: 'other' }
    expect(() => assertOneOwner([one, other])).not.toThrow()
    const shared = [one, other].map((environment) => ({ ...environment, cluster: 'shared' }))
    expect(() => assertOneOwner(shared)).toThrow(
      `environment "other" is not valid:\n  policies.enforce.hosts: namespace chat lists a.example.com, which namespace chat of small has on the same cluster`,
    )
  })

  test('for the name of another environment', () => {
    expect(() => assertDistinct([small, regional, small])).toThrow(
      'environment "small" is not valid:\n  name: must be unique: each environment has a folder of this name',
    )
  })
})
