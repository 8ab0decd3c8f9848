import { EVENTS, SECRETS } from '@chat-app/chat/resources'
import { afterAll, expect, test } from 'vitest'
import { NAMESPACE, TestChatApp } from './support/chat-app.ts'
import { Conversation } from './support/conversation.ts'
import { eventually, must } from '@chat-app/testing'
import { sharedNode } from '@chat-app/sandbox-cluster/testing'

// A ChatApp that waits reports the cause, and continues on its own once the cause is gone.

/** The operator promises to report a cause within this time after the cluster shows it. */
const PROMISED_SECONDS = 5

const chatApp = new TestChatApp(sharedNode(), 'waiting')
const SECRET = 'waiting-database'

afterAll(async () => {
  await chatApp.delete()
  const server = await chatApp.server()
  await server.delete(SECRETS, NAMESPACE, SECRET)
})

async function setDatabase(url: string): Promise<void> {
  const data = { url: Buffer.from(url).toString('base64') }
  const server = await chatApp.server()
  await server.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: SECRET, namespace: NAMESPACE }, data })
}

/** Waits for the condition, and measures with the time of its event: the polls of this test may be slow. */
async function expectReportedInTime(since: Date, reason: string, ...words: string[]): Promise<void> {
  await eventually(async () => {
    const condition = await chatApp.condition('Ready')
    expect(condition).toMatchObject({ status: 'False', reason })
    for (const word of words) expect(condition.message).toContain(word)
  })
  const server = await chatApp.server()
  const event = await eventually(async () => {
    const events = await server.list<ChatAppEvent>(EVENTS, NAMESPACE)
    const about = events.filter((event) => event.regarding.name === chatApp.name && event.reason === reason)
    return must(
      about.find(({ note }) => words.every((word) => note.includes(word))),
      `the event ${reason}`,
    )
  })
  expect((Date.parse(event.eventTime) - since.getTime()) / 1000).toBeLessThanOrEqual(PROMISED_SECONDS)
}

interface ChatAppEvent {
  readonly regarding: { readonly name: string }
  readonly reason: string
  readonly note: string
  /** RFC 3339 with microseconds. */
  readonly eventTime: string
}

/** The health of the migration pods: the cluster shows there first that a database cannot be reached. */
async function migrationHealth(): Promise<string> {
  const addresses = (await chatApp.pods('migrate')).flatMap(({ status }) => status.podIP ?? [])
  const answers = addresses.map(async (ip) => (await fetch(`http://${ip}:8080/actuator/health`)).text())
  return (await Promise.all(answers)).join()
}

test('reports a missing Secret, then an unreachable database, and becomes ready with a valid one', async () => {
  await chatApp.apply({ database: { url: { secretKeyRef: { name: SECRET, key: 'url' } } } })
  await expectReportedInTime(new Date(), 'MissingSecret', SECRET)

  const right = await chatApp.secret('db-credentials', 'url')
  await setDatabase(right.replace(/@[^/]+/, '@mariadb.chat-app-db:3307'))
  await eventually(async () => expect(await migrationHealth()).toContain('3307'))
  await expectReportedInTime(new Date(), 'DatabaseUnreachable', 'mariadb.chat-app-db:3307')
  expect(await chatApp.pods('websocket')).toEqual([])

  await setDatabase(right)
  await chatApp.ready()
})

test('reports an image that cannot be pulled, and the old pods keep serving', async () => {
  const users = await chatApp.users(2)
  const talk = new Conversation(users, await chatApp.room(users), { everyMs: 20 })
  await chatApp.patch({ version: '9.9.9' })
  const isStuck = async () => {
    const waiting = (await chatApp.pods('migrate')).flatMap(({ status }) => status.containerStatuses ?? [])
    return waiting.some(({ state }) => /ImagePull/.test(state?.waiting?.reason ?? ''))
  }
  await eventually(isStuck)
  await expectReportedInTime(new Date(), 'ImagePullFailed', 'chat-service:9.9.9')
  await talk.continues()
  expect(await chatApp.readyPods('websocket')).toHaveLength(2)

  await chatApp.patch({ version: '0.1.0' })
  await chatApp.ready()
  expect(await talk.end()).toMatchObject({ lost: 0, duplicated: 0, reordered: 0 })
})
