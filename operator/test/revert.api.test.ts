import { CHAT_APPS, DEPLOYMENTS, JOBS, PODS } from '@chat-app/chat/resources'
import { expect } from 'vitest'
import { componentOf } from '../src/observe/pods.ts'
import { at } from '../src/runtime/json.ts'
import type { KubeObject } from '../src/runtime/types.ts'
import { eventually, test, type Chat } from '../src/testing/chat.ts'
import { randomOf, seedOf } from '@chat-app/testing'

const NAMES = ['one', 'two', 'three', 'four']
const REVERTS_EACH = 5
/** A rollout takes about so many writes, with its status. */
const WRITES = 30
const seed = seedOf('REVERT_SEED')

test(`reverting in mid-rollout, 20 times, always ends ready on what the spec says (REVERT_SEED=${seed})`, async ({
  chat,
}) => {
  await chat.secrets()
  await chat.operator()
  await Promise.all(NAMES.map((name, index) => revertOften(new Reverted(chat, name, seed + index))))
})

async function revertOften(app: Reverted): Promise<void> {
  await app.create()
  await isAsTheSpecSays(app)
  for (let round = 0; round < REVERTS_EACH; round++) {
    await app.upgrade()
    await app.mixIn()
    await app.revert()
    // Half of the reverts meet a rollout that the former one has left.
    if (round === REVERTS_EACH - 1 || app.random() < 0.5) await isAsTheSpecSays(app)
  }
}

async function isAsTheSpecSays(app: Reverted): Promise<void> {
  const pods = ['api 1.0.0', 'api 1.0.0', ...Array.from({ length: app.replicas }, () => 'websocket 1.0.0')]
  const deployments = ['api 1.0.0', 'websocket 1.0.0']
  await eventually(async () =>
    expect(await app.state()).toEqual({
      version: '1.0.0',
      targetVersion: '1.0.0',
      pods,
      deployments,
      hasManyJobs: false,
    }),
  )
}

/** A ChatApp whose releases are reverted at random moments. */
class Reverted {
  readonly random: () => number
  replicas = 2
  readonly #chat: Chat
  readonly #name: string

  constructor(chat: Chat, name: string, seed: number) {
    this.#chat = chat
    this.#name = name
    this.random = randomOf(seed)
  }

  async create(): Promise<void> {
    await this.#chat.chatApp({ api: { replicas: 2 }, websocket: { replicas: this.replicas } }, this.#name)
  }

  async upgrade(): Promise<void> {
    await this.#edit({ version: '1.1.0' })
    await this.#someWrites()
  }

  /** What else a user may do in mid-rollout. */
  async mixIn(): Promise<void> {
    const choice = Math.floor(this.random() * 4)
    if (choice === 0) await this.#scale()
    if (choice === 1) await this.#edit({ paused: true })
    if (choice === 2) await this.#edit({ hibernated: true })
    await this.#someWrites()
  }

  async revert(): Promise<void> {
    await this.#edit({ version: '1.0.0', paused: false, hibernated: false })
  }

  /** Waits until it is ready, and returns what runs. */
  async state(): Promise<object> {
    await this.#chat.reason('Ready', this.#name)
    const { version, targetVersion } = await this.#chat.status(this.#name)
    const [pods, deployments, jobs] = [
      await this.#images(PODS),
      await this.#images(DEPLOYMENTS),
      await this.#ours(JOBS),
    ]
    return { version, targetVersion, pods, deployments, hasManyJobs: jobs.length > 1 }
  }

  async #scale(): Promise<void> {
    this.replicas = 1 + Math.floor(this.random() * 4)
    await this.#chat.edit(CHAT_APPS, this.#name, { spec: { replicas: this.replicas } }, 'scale')
  }

  async #edit(spec: object): Promise<void> {
    await this.#chat.edit(CHAT_APPS, this.#name, { spec })
  }

  /** Waits until the operator has made a random number of writes for this ChatApp, or has no more to make. */
  async #someWrites(): Promise<void> {
    const enough = this.#writes() + Math.floor(this.random() * WRITES)
    await eventually(async () => this.#writes() >= enough || (await this.#isSettled()), { everyMs: 20 })
  }

  #writes(): number {
    return this.#chat.writes.filter((write) => write.includes(`/${this.#name}-`) || write.includes(` ${this.#name}/`))
      .length
  }

  async #isSettled(): Promise<boolean> {
    const chatApp = await this.#chat.get(CHAT_APPS, this.#name)
    const ready = (await this.#chat.status(this.#name)).conditions?.find(({ type }) => type === 'Ready')
    const isSettled = ready?.status === 'True' || ['Paused', 'Hibernated'].includes(ready?.reason ?? '')
    return isSettled && ready?.observedGeneration === chatApp?.metadata.generation
  }

  /** Component and version of each, without the migration's, in order. */
  async #images(resource: typeof PODS): Promise<string[]> {
    const running = (await this.#ours(resource)).filter((object) => componentOf(object) !== 'migrate')
    return running.map((object) => `${componentOf(object)} ${versionOf(object)}`).sort()
  }

  async #ours(resource: typeof PODS): Promise<KubeObject[]> {
    const all = await this.#chat.list(resource)
    return all.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/instance'] === this.#name)
  }
}

function versionOf(object: KubeObject): string | undefined {
  const spec = object.kind === 'Pod' ? at(object, 'spec') : at(object, 'spec', 'template', 'spec')
  return at<string>(spec, 'containers', 0, 'image')?.split(':').at(-1)
}
