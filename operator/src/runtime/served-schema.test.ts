import { CHAT_APPS } from '@chat-app/chat/resources'
import { afterEach, expect, test } from 'vitest'
import { faultyServer, json, refuse, type FaultyServer } from '../testing/faulty-server.ts'
import { ServedSchema } from './served-schema.ts'

let server: FaultyServer
afterEach(() => server.close())

const errors: unknown[] = []
const kind = 'x-kubernetes-group-version-kind'

/** A server whose schema of ChatApp has one field. A new field changes the hash of the document. */
async function served(field: () => string | undefined): Promise<ServedSchema> {
  server = await faultyServer(({ path }, response) => {
    const name = field()
    if (name === undefined) return refuse(response, 503, 'ServiceUnavailable')
    const url = `/openapi/v3/apis/chat-app.com/v1alpha1?hash=${name}`
    if (path === '/openapi/v3') {
      return json(response, 200, { paths: { 'apis/chat-app.com/v1alpha1': { serverRelativeURL: url } } })
    }
    const list = { [kind]: [{ kind: 'ChatAppList' }], properties: { items: {} } }
    const one = { [kind]: [{ kind: 'ChatApp' }], properties: { [name]: {} } }
    return json(response, 200, { components: { schemas: { Time: {}, list, one } } })
  })
  return new ServedSchema(server.client, CHAT_APPS, (error) => errors.push(error))
}

test('is read once, by the URL that the server gives', async () => {
  const schema = await served(() => 'first')
  const [one, other] = await Promise.all([schema.schema(), schema.schema()])
  expect(Object.keys(one?.properties ?? {})).toEqual(['first'])
  expect(other).toBe(one)
  expect(await schema.schema()).toBe(one)
  expect(server.requests.map(({ path, query }) => `${path} ${query.toString()}`)).toEqual([
    '/openapi/v3 ',
    '/openapi/v3/apis/chat-app.com/v1alpha1 hash=first',
  ])
})

test('is read again when it is too old; the document only when its hash has changed', async () => {
  let field = 'first'
  const schema = await served(() => field)
  await schema.schema()
  await schema.schema(60_000)
  expect(server.requests).toHaveLength(2)
  expect(Object.keys((await schema.schema(-1))?.properties ?? {})).toEqual(['first'])
  expect(server.requests).toHaveLength(3)
  field = 'second'
  expect(Object.keys((await schema.schema(-1))?.properties ?? {})).toEqual(['second'])
  expect(server.requests).toHaveLength(5)
})

test('stays what it was when the server does not answer, and the error is reported', async () => {
  let field: string | undefined
  const schema = await served(() => field)
  expect(await schema.schema()).toBeUndefined()
  expect(errors.splice(0)).toMatchObject([{ status: 503 }])
  field = 'first'
  const read = await schema.schema(-1)
  expect(read).toBeDefined()
  field = undefined
  expect(await schema.schema(-1)).toBe(read)
})
