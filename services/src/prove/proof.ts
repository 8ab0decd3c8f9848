import { setTimeout as sleep } from 'node:timers/promises'
import type { ProofConfig } from '../config/proof.ts'
import type { ServiceFile } from '../config/schema.ts'
import type { Database } from '../store/database.ts'
import { messageOf } from '../support/errors.ts'
import type { Logger } from '../support/log.ts'
import { makePair, namesOf, newNames, removeProbes, type Pair } from './accounts.ts'
import type { Chat } from './chat.ts'
import { openChats } from './chats.ts'
import type { Dependencies } from './dependencies.ts'
import { enter } from './enter.ts'
import type { Excuses } from './excuses.ts'
import type { FaultKind } from './ledger.ts'
import { excusedMs, inconclusive, judge, judgeEarly, type Evidence, type Judgement } from './judge.ts'

export interface ProofOptions {
  readonly proof: ProofConfig
  readonly limits: ServiceFile['limits']
  readonly database: Database
  readonly dependencies: Dependencies
  readonly excuses: Excuses
  readonly log: Logger
  /** Ends the chat. */
  readonly stop: AbortSignal
}

/** The numbers of the users whose messages pass the release. */
export interface Numbers {
  readonly sent: number
  readonly acknowledged: number
  readonly lost: number
  readonly duplicated: number
  readonly reordered: number
  readonly longestGapMs: number
  readonly excusedMs: number
  readonly reconnects: readonly number[]
  readonly seconds: number
}

export type Outcome = Judgement & Numbers

/** Messages that must be acknowledged and delivered before the proof counts for anything. */
export const READY_MESSAGES = 200

const POLL_MS = 100
const RETRY_MS = 1000
/** How long the last messages may take while the dependencies answer, and in any case. */
const SETTLE_MS = 10_000
const MAX_SETTLE_MS = 25_000

/** One proof, from the accounts to the verdict. */
export class Proof {
  /** How the names of its users and rooms begin. */
  readonly names: string
  readonly #options: ProofOptions
  readonly #deadline: number
  #startedAt = performance.now()
  #pair: Chat | undefined
  #control: Chat | undefined

  constructor(options: ProofOptions) {
    this.#options = options
    this.names = newNames(options.proof.owner)
    this.#deadline = performance.now() + options.proof.timeoutMs
  }

  /** Messages that are acknowledged and delivered. */
  get delivered(): number {
    return this.#pair?.ledger.delivered ?? 0
  }

  /** Runs until the verdict is certain, the messages are sent, the time is over or `stop` is aborted. */
  async run(): Promise<Outcome> {
    const judgement = await this.#judge()
    const numbers = this.#numbers()
    await this.close()
    return { ...judgement, ...numbers }
  }

  async close(): Promise<void> {
    await Promise.all([this.#pair?.close(), this.#control?.close()])
  }

  async #judge(): Promise<Judgement> {
    const { proof, limits } = this.#options
    const pairs = await this.#makePairs()
    if (typeof pairs === 'string') return inconclusive(`the database could not be used: ${pairs}`)
    ;[this.#pair, this.#control] = openChats(pairs, proof, limits)
    const users = this.#chats.flatMap((chat) => chat.users)
    const refusal = await enter(users, { ...this.#options, isOver: () => this.#isOver })
    if (refusal) return refusal
    this.#startedAt = performance.now()
    for (const chat of this.#chats) chat.start()
    const early = await this.#chat()
    if (early) return early
    for (const chat of this.#chats) chat.stop()
    const unsettled = await this.#settle()
    const judgement = judge(this.#evidence(), performance.now())
    return judgement.verdict === 'Passed' ? (unsettled ?? this.#tooFew() ?? judgement) : judgement
  }

  get #chats(): Chat[] {
    return [this.#pair, this.#control].filter((chat) => chat !== undefined)
  }

  get #isOver(): boolean {
    return this.#options.stop.aborted || performance.now() >= this.#deadline
  }

  /** Removes what an earlier proof left, and makes the users. Returns the last failure if the time is over. */
  async #makePairs(): Promise<[Pair, Pair?] | string> {
    const { database, proof, log } = this.#options
    let failure = 'it was not tried yet'
    while (!this.#isOver) {
      try {
        await removeProbes(database, namesOf(proof.owner))
        const pair = await makePair(database, this.names)
        return proof.fresh ? [pair, await makePair(database, this.names)] : [pair]
      } catch (error) {
        failure = messageOf(error)
        log.warn({ error: failure }, 'the accounts of the proof cannot be made yet')
        await this.#pause(RETRY_MS)
      }
    }
    return failure
  }

  /** Lets the users chat. Returns the verdict if it is certain before the end. */
  async #chat(): Promise<Judgement | undefined> {
    while (!this.#isOver && this.#missing > 0) {
      await this.#pause(POLL_MS)
      const early = judgeEarly(this.#evidence(), performance.now())
      if (early) return early
    }
    return undefined
  }

  /** Waits until everybody has everything, and counts what did not come. Returns the verdict if that cannot be said. */
  async #settle(): Promise<Judgement | undefined> {
    const { excuses, dependencies, proof } = this.#options
    const startedAt = performance.now()
    while (this.#chats.some(({ isComplete }) => !isComplete)) {
      const now = performance.now()
      if (now - startedAt - excuses.overlapMs(startedAt, now) >= SETTLE_MS) break
      if (now - startedAt >= MAX_SETTLE_MS)
        return inconclusive(`the last messages could not be collected: ${dependencies.failure ?? 'it took too long'}`)
      await sleep(POLL_MS)
    }
    for (const chat of this.#chats) chat.finish()
    const unread = this.#chats.flatMap((chat) => chat.unread)
    const [user] = unread
    if (!user) return undefined
    const message = `the history could not be read to its end at ${user.site.api}: ${user.failure}`
    return unread.every(({ site }) => site === proof.fresh) ? { verdict: 'Failed', message } : inconclusive(message)
  }

  /** How many messages are still to be acknowledged; `during` has no end. */
  get #missing(): number {
    return (this.#pair?.target ?? Infinity) - (this.#pair?.ledger.acknowledged ?? 0)
  }

  #tooFew(): Judgement | undefined {
    const { acknowledged = 0 } = this.#pair?.ledger ?? {}
    const target = this.#pair?.target ?? Infinity
    const needed = target === Infinity ? READY_MESSAGES : target
    if (acknowledged >= needed) return undefined
    return inconclusive(`only ${acknowledged} messages were acknowledged until the end, not ${needed}`)
  }

  #evidence(): Evidence {
    const { excuses, proof } = this.#options
    const pair = this.#pair as Chat
    const now = performance.now()
    for (const { from, to } of this.#control?.ledger.gaps.long(now) ?? []) {
      excuses.add('the control pair waited too', from, to, true)
    }
    // The processes of a part before the release is served are known by their addresses.
    const served = proof.fresh ? undefined : pair.served
    return { pair: pair.ledger, control: this.#control?.ledger, served, excuses, budget: proof }
  }

  #numbers(): Numbers {
    const ledger = this.#pair?.ledger
    const now = performance.now()
    const count = (kind: FaultKind) => ledger?.faults(kind, now).count ?? 0
    const longest = ledger?.gaps.longest(now)
    return {
      sent: ledger?.sent ?? 0,
      acknowledged: ledger?.acknowledged ?? 0,
      lost: count('lost'),
      duplicated: count('duplicated'),
      reordered: count('reordered'),
      longestGapMs: longest ? Math.round(longest.to - longest.from) : 0,
      excusedMs: this.#pair ? Math.round(excusedMs(this.#evidence(), now)) : 0,
      reconnects: this.#pair?.users.map(({ reconnects }) => reconnects) ?? [],
      seconds: Math.round((now - this.#startedAt) / 100) / 10,
    }
  }

  /** Waits; the stop signal ends it early. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#options.stop }).catch(() => undefined)
  }
}
