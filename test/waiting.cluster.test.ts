import { SECRETS } from '@chat-app/chat/resources'
import { afterAll, expect, test } from 'vitest'
import { NAMESPACE, TestChatApp } from './support/chat-app.ts'
import { Conversation } from './support/conversation.ts'
import { eventually } from '@chat-app/testing'
import { sharedNode } from '@chat-app/sandbox-cluster/testing'

/** What a ChatApp waits for is named within 5 s of the cluster showing it; it goes on by itself when the cause is gone. */

const chatApp = new TestChatApp(sharedNode(), 'waiting')
const secret = 'waiting-database'
const within5s = { timeoutMs: 5_000, everyMs: 100 }

afterAll(async () => {
  await chatApp.delete()
  const server = await chatApp.server()
  await server.delete(SECRETS, NAMESPACE, secret)
})

async function setDatabase(url: string): Promise<void> {
  const data = { url: Buffer.from(url).toString('base64') }
  const server = await chatApp.server()
  await server.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: secret, namespace: NAMESPACE }, data })
}

async function saysWithin5s(reason: string, ...words: string[]): Promise<void> {
  await eventually(async () => {
    const condition = await chatApp.condition('Ready')
    expect(condition).toMatchObject({ status: 'False', reason })
    for (const word of words) expect(condition.message).toContain(word)
  }, within5s)
}

/** What the newest migration pod says of itself: where the cluster shows first that a database cannot be reached. */
async function migrationHealth(): Promise<string> {
  const addresses = (await chatApp.pods('migrate')).flatMap(({ status }) => status.podIP ?? [])
  const answers = addresses.map(async (ip) => (await fetch(`http://${ip}:8080/actuator/health`)).text())
  return (await Promise.all(answers)).join()
}

test('a Secret that is missing, then a database that nobody answers for, then all is right', async () => {
  await chatApp.apply({ database: { url: { secretKeyRef: { name: secret, key: 'url' } } } })
  await saysWithin5s('MissingSecret', secret)

  const right = await chatApp.secret('db-credentials', 'url')
  await setDatabase(right.replace(/@[^/]+/, '@mariadb.chat-app-db:3307'))
  await eventually(async () => expect(await migrationHealth()).toContain('3307'), { timeoutMs: 30_000, everyMs: 200 })
  await saysWithin5s('DatabaseUnreachable', 'mariadb.chat-app-db:3307')
  expect(await chatApp.pods('websocket')).toEqual([])

  await setDatabase(right)
  await chatApp.ready()
})

test('an image that cannot be pulled: the old pods serve on', async () => {
  const users = await chatApp.users(2)
  const talk = new Conversation(users, await chatApp.room(users), { everyMs: 20 })
  await chatApp.patch({ version: '9.9.9' })
  const isStuck = async () => {
    const waiting = (await chatApp.pods('migrate')).flatMap(({ status }) => status.containerStatuses ?? [])
    return waiting.some(({ state }) => /ImagePull/.test(state?.waiting?.reason ?? ''))
  }
  await eventually(isStuck, { timeoutMs: 60_000 })
  await saysWithin5s('ImagePullFailed', 'chat-service:9.9.9')
  await talk.goesOn()
  expect(await chatApp.readyPods('websocket')).toHaveLength(2)

  await chatApp.patch({ version: '0.1.0' })
  await chatApp.ready()
  expect(await talk.end()).toMatchObject({ lost: 0, duplicated: 0, reordered: 0 })
})
