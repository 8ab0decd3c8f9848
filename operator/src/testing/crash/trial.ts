import { CHAT_APPS } from '@chat-app/chat/resources'
import type { ChatAppStatus } from '@chat-app/crds'
import { eventually, must } from '@chat-app/testing'
import { at } from '../../runtime/json.ts'
import { readyOf } from '../../status/status.ts'
import { makeChat, type Chat } from '../namespace.ts'
import { startOperator, type OperatorProcess } from '../process.ts'
import { FaultProxy, type Fault } from './proxy.ts'
import { differences, stateOf } from './state.ts'
import { behaviour, STEPS, type Step } from './steps.ts'

export type { Fault } from './proxy.ts'
export { STEPS } from './steps.ts'

/** How a step ends without a kill. */
export interface End {
  readonly state: object
  /** The writes that it took. */
  readonly writes: number
}

/** The end of each step, by its name, as soon as it is known. */
export type Reference = ReadonlyMap<string, Promise<End>>

/** What a kill came to. */
export interface Outcome {
  readonly step: string
  readonly fault: Fault
  /** The write at which the operator was killed; undefined when the step took fewer writes. */
  readonly write: string | undefined
  /** Time from the start of the next operator until the reference state, milliseconds. */
  readonly recoveredMs: number
}

/** Without a known end, this much time without a request is one. */
const REFERENCE_QUIET_MS = 3000
/** The reference state must last this long without a request. */
const QUIET_MS = 1000
const LOG_TAIL_CHARACTERS = 4000

/** Starts to take all steps without a kill. @param kubeconfig path of the kubeconfig of a cluster with the CRD */
export function startReference(kubeconfig: string): Reference {
  const ends = new Map(STEPS.map(({ name }) => [name, Promise.withResolvers<End>()]))
  // Each end is awaited where it is needed.
  for (const { promise } of ends.values()) promise.catch(() => {})
  const take = async () => {
    await using trial = await Trial.start(kubeconfig)
    for (const step of STEPS) ends.get(step.name)?.resolve(await trial.take(step))
  }
  take().catch((error: unknown) => {
    for (const { reject } of ends.values()) reject(error)
  })
  return new Map([...ends].map(([name, { promise }]) => [name, promise]))
}

/**
 * Takes the steps one after another in one namespace, each with at most one kill.
 *
 * @param faultOf where to kill, given the name of the step and the writes that it takes
 * @param onOutcome called after each step with a fault
 * @throws Error as `takeWithKill`
 */
export async function killIn(
  kubeconfig: string,
  reference: Reference,
  faultOf: (step: string, writes: number) => Fault | undefined,
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  await using trial = await Trial.start(kubeconfig)
  for (const step of STEPS) {
    const end = must(await reference.get(step.name), step.name)
    const outcome = await trial.takeWithKill(step, end, faultOf(step.name, end.writes))
    if (outcome !== undefined) onOutcome(outcome)
  }
}

/** A namespace with a ChatApp, and an operator process for it behind a proxy. */
export class Trial {
  readonly #chat: Chat
  readonly #proxy: FaultProxy
  #operator: OperatorProcess

  private constructor(chat: Chat, proxy: FaultProxy) {
    this.#chat = chat
    this.#proxy = proxy
    this.#operator = this.#started()
  }

  static async start(kubeconfig: string): Promise<Trial> {
    const [chat, proxy] = await Promise.all([makeChat(kubeconfig), FaultProxy.start(kubeconfig)])
    chat.kubelet.behave(behaviour)
    return new Trial(chat, proxy)
  }

  /** Takes a step, and waits until the operator has done its work. */
  async take(step: Step): Promise<End> {
    this.#proxy.count()
    await this.#act(step)
    await eventually(async () => {
      if (this.#proxy.writes.length === 0 || this.#proxy.quietMs < REFERENCE_QUIET_MS) return false
      return (await this.#hasEnded(step)) ?? Object.keys(await stateOf(this.#chat)).length === 0
    })
    return { state: await stateOf(this.#chat), writes: this.#proxy.writes.length }
  }

  /**
   * Takes a step, with a kill where `fault` says, after which another operator starts as a kubelet restarts the container: at
   * once and with the same identity. Returns undefined without a fault.
   *
   * @throws Error when the step does not end in the reference state, with the kill and the end of the operator's log
   */
  async takeWithKill(step: Step, end: End, fault?: Fault): Promise<Outcome | undefined> {
    let write: string | undefined
    let startedAtMs = performance.now()
    const restart = (killed: string): void => {
      write = killed
      startedAtMs = performance.now()
      this.#operator = this.#started()
    }
    this.#proxy.count()
    if (fault !== undefined) void this.#proxy.arm(fault, () => this.#operator.end('SIGKILL')).then(restart)
    try {
      await this.#act(step)
      await this.#settled(step, end)
    } catch (error) {
      throw this.#explained(error, step, fault, write)
    }
    return fault && { step: step.name, fault, write, recoveredMs: performance.now() - startedAtMs }
  }

  /** The paths at which the namespace differs from the end of a step. */
  async differencesTo({ state }: End): Promise<string[]> {
    return differences(await stateOf(this.#chat), state)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#operator.end('SIGKILL')
    await this.#proxy.close()
    await this.#chat.end()
  }

  #act(step: Step): Promise<unknown> {
    return step.act(this.#chat, () => this.#proxy.writes.length)
  }

  #started(): OperatorProcess {
    const { namespace } = this.#chat
    const identity = { WATCH_NAMESPACES: namespace, POD_NAMESPACE: namespace, POD_NAME: 'operator' }
    return startOperator(this.#proxy.kubeconfig, identity)
  }

  /** Whether the ChatApp has the condition with which the step ends; undefined when there is no ChatApp. */
  async #hasEnded({ reason = 'Ready' }: Step): Promise<boolean | undefined> {
    const chatApp = await this.#chat.get(CHAT_APPS, 'chat')
    if (chatApp === undefined) return undefined
    const ready = readyOf(at<ChatAppStatus>(chatApp, 'status'))
    return ready?.reason === reason && ready.observedGeneration === chatApp.metadata.generation
  }

  /** Waits until the namespace has the reference state, and the operator has looked at it and sends nothing. */
  async #settled(step: Step, end: End): Promise<void> {
    await eventually(async () => {
      const operator = this.#operator
      if (!operator.log().includes('"leading"')) throw new Error('the operator does not lead')
      // One request before a dozen of them.
      if ((await this.#hasEnded(step)) === false)
        throw new Error('the ChatApp does not have the condition with which the step ends')
      const differing = await this.differencesTo(end)
      if (differing.length > 0) throw new Error(differing.join('\n'))
      // A kill may have come during the comparison.
      return operator === this.#operator && this.#proxy.quietMs > QUIET_MS
    })
  }

  #explained(error: unknown, { name }: Step, fault: Fault | undefined, write: string | undefined): Error {
    const killed = write === undefined ? 'no kill' : `killed ${fault?.when} write ${fault?.at}, ${write}`
    const message = error instanceof Error ? error.message : String(error)
    const log = this.#operator.log().slice(-LOG_TAIL_CHARACTERS)
    return new Error(`${name}, ${killed}: ${message}\nThe operator's log ends with:\n${log}`, { cause: error })
  }
}
