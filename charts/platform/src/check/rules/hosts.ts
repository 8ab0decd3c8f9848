import { fieldOf } from '@chat-app/chat/constructs'
import { mustDiffer, type FieldValue, type Rule } from './rule.ts'
import type { Environment } from '../../environment/environment.ts'

/** Two parts must not share a host. */
export const hostRules: readonly Rule[] = [
  {
    of: ['chatApp', 'edge', 'regions'],
    faults: (environment) =>
      mustDiffer(
        hosts(environment),
        ({ path, value }) => `must differ from ${fieldOf(path)}, which has the host ${value}`,
      ),
  },
  {
    of: ['operator', 'policies'],
    faults: ({ operator, policies }) =>
      Object.keys(policies.enforce?.hosts ?? {})
        .filter((namespace) => !operator.watchNamespaces.includes(namespace))
        .map((namespace) => ({
          path: ['policies', 'enforce', 'hosts', namespace],
          message: 'must be a namespace of operator.watchNamespaces: no other one has ChatApps',
        })),
  },
]

function hosts({ chatApp, edge, regions }: Environment): FieldValue[] {
  const { api, websocket } = chatApp.spec.exposure?.hosts ?? {}
  const chat = ['chatApp', 'spec', 'exposure', 'hosts']
  const clusters = (regions?.clusters ?? []).flatMap(({ databaseHost, storageUrl }, index) => [
    { path: ['regions', 'clusters', index, 'databaseHost'], value: databaseHost },
    { path: ['regions', 'clusters', index, 'storageUrl'], value: new URL(storageUrl).hostname },
  ])
  const prefixes = regions?.clusters.map(({ name }) => `${name}.`) ?? ['']
  const pages = Object.entries(edge?.pages ?? {}).flatMap(([name, host]) =>
    prefixes.map((prefix) => ({ path: ['edge', 'pages', name], value: `${prefix}${host}` })),
  )
  return [
    { path: [...chat, 'api'], value: api },
    // The two services may share a host: their paths differ.
    { path: [...chat, 'websocket'], value: websocket === api ? undefined : websocket },
    ...clusters,
    ...pages,
  ]
}
