import { applied, clustersOf, type Environment } from '@chat-app/platform'
import { environments, prod } from '@chat-app/environments'
import { expect, test } from 'vitest'
import { releasedEnvironment } from './environments.ts'

const released = { version: '9.8.7', registry: 'localhost:5000/team' }

test.each(environments.map((environment) => [environment.name, environment] as const))(
  '%s runs the release, from its registry',
  (_, environment) => {
    const text = textOf(releasedEnvironment(environment, released))
    expect(text).toContain('"image":"localhost:5000/team/operator:9.8.7"')
    expect(text).toContain('"registry":"localhost:5000/team"')
    expect(text).toContain('"version":"9.8.7"')
    expect(text).not.toMatch(/registry\.example\.com\/chat-app\/(operator|chat-service|websocket-service)/)
  },
)

test('images that an environment pins stay', () => {
  const { operator, chatApp } = prod
  const pinned: Environment = {
    ...prod,
    operator: { ...operator, registry: 'mirror.example.com', version: '1.0.0' },
    chatApp: { ...chatApp, spec: { ...chatApp.spec, version: '1.0.1', images: { registry: 'mirror.example.com' } } },
  }
  const result = releasedEnvironment(pinned, released)
  expect(result.operator).toEqual(pinned.operator)
  expect(result.chatApp).toEqual(pinned.chatApp)
})

test('a release from the default registry changes only the versions', () => {
  const registry = 'registry.example.com/chat-app'
  expect(releasedEnvironment(prod, { version: '9.8.7', registry }).chatApp.spec).toEqual({
    ...prod.chatApp.spec,
    version: '9.8.7',
  })
})

/** The applied objects of all clusters of an environment. */
function textOf(environment: Environment): string {
  return JSON.stringify(clustersOf(environment).flatMap(applied))
}
