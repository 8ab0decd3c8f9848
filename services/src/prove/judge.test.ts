import { describe, expect, test } from 'vitest'
import { Excuses } from './excuses.ts'
import { excusedMs, judge, judgeEarly, type Evidence } from './judge.ts'
import { Ledger } from './ledger.ts'
import { Served } from './served.ts'

const USERS = ['alice', 'bob'] as const
const RECEIVERS = ['the user at A', 'the user at B', 'the history of A', 'the history of B']
const MAX_GAP_MS = 3000
const BUDGET = { maxLost: 0, maxGapMs: MAX_GAP_MS }
/** When an event passes that takes no time. */
const END = 100_000

/** A message of Alice on its way: it is sent at `at`, and arrives at once at all receivers but those of `not`. */
interface Passage {
  readonly at?: number
  readonly not?: readonly number[]
  readonly arrivesAt?: number
  readonly isAcknowledged?: boolean
}

/** A room in which Alice sends messages, numbered from 1 on. */
class Room {
  readonly ledger: Ledger
  #seq = 0

  constructor(longMs = MAX_GAP_MS) {
    this.ledger = new Ledger(USERS, RECEIVERS, longMs)
  }

  pass({ at = 0, not = [], arrivesAt = at, isAcknowledged = true }: Passage = {}): number {
    const seq = (this.#seq += 1)
    this.ledger.send(0, `a-${seq}`, at, seq)
    if (isAcknowledged) this.ledger.acknowledge(0, `a-${seq}`, seq, at)
    for (const who of RECEIVERS.keys()) if (!not.includes(who)) this.arrive(who, seq, arrivesAt)
    return seq
  }

  arrive(who: number, seq: number, at = 0): void {
    this.ledger.receive(who, { seq, sender: 'alice', clientId: `a-${seq}` }, at)
  }

  finish(complete: readonly number[] = [0, 1, 2, 3]): void {
    this.ledger.finish(complete, END)
  }
}

function evidence(pair: Room, more: Partial<Evidence> = {}): Evidence {
  return { pair: pair.ledger, control: undefined, served: undefined, excuses: new Excuses(), budget: BUDGET, ...more }
}

const verdict = (pair: Room, more?: Partial<Evidence>) => judge(evidence(pair, more), END)

describe('a release', () => {
  test('that delivers every message once and in order passes, with the longest gap', () => {
    const room = new Room()
    room.pass()
    room.pass({ at: 10, arrivesAt: 52 })
    room.finish()

    expect(verdict(room)).toEqual({
      verdict: 'Passed',
      message: '2 messages were delivered once and in order; the longest gap was 42 ms',
    })
    expect(room.ledger.complete).toBe(2)
  })

  test('that skips a message for one user loses it, and this is certain 2 s later', () => {
    const room = new Room()
    room.pass({ at: 1000, not: [1] })
    room.pass({ at: 1000 })

    expect(judgeEarly(evidence(room), 2900)).toBeUndefined()
    expect(judgeEarly(evidence(room), 3000)).toEqual({
      verdict: 'Failed',
      message: '1 of 2 messages was lost: the message with seq 1 did not reach the user at B, and a later one did',
    })
  })

  test.for([
    [0, 'the user at A'],
    [1, 'the user at B'],
    [3, 'the history of B'],
  ] as const)('whose last message does not reach receiver %i loses it at the end', ([who, name]) => {
    const room = new Room()
    room.pass()
    room.pass({ at: END, not: [who] })
    room.finish()

    expect(verdict(room)).toEqual({
      verdict: 'Failed',
      message: `1 of 2 messages was lost: message a-2 (seq 2) is acknowledged and did not reach ${name}`,
    })
  })

  test('is not blamed for a history that was not read to its end', () => {
    const room = new Room()
    room.pass({ not: [3] })
    room.finish([0, 1, 2])

    expect(verdict(room).verdict).toBe('Passed')
  })

  test('loses no message that it did not acknowledge', () => {
    const room = new Room()
    room.pass({ at: END, not: [0, 1, 2, 3], isAcknowledged: false })
    room.finish()

    expect(verdict(room).verdict).toBe('Passed')
    expect(room.ledger.acknowledged).toBe(0)
  })

  test('may lose what the budget allows, and not one more', () => {
    const room = new Room()
    const budget = { ...BUDGET, maxLost: 2 }
    for (const not of [[0], [1]]) room.pass({ not })
    room.pass({ at: END })
    expect(verdict(room, { budget })).toMatchObject({ verdict: 'Passed' })

    room.pass({ not: [0, 1], at: END })
    room.pass({ at: END })
    expect(verdict(room, { budget })).toMatchObject({
      verdict: 'Failed',
      message: expect.stringContaining('3 of 5 messages were lost'),
    })
  })

  test('that delivers a message twice fails', () => {
    const room = new Room()
    const seq = room.pass()
    room.pass()
    room.arrive(1, seq)

    expect(verdict(room)).toEqual({
      verdict: 'Failed',
      message: '1 of 2 messages was delivered twice: message a-1 (seq 1) reached the user at B twice',
    })
  })

  test.for([
    [[3], 'message a-1 has two numbers, 1 and 2'],
    [[], 'message a-1 (seq 2) reached the user at A when everybody had it'],
  ] as const)('that stores a message under two numbers fails, while %j have not got it', ([not, what]) => {
    const room = new Room()
    room.pass({ not })
    room.ledger.receive(0, { seq: 2, sender: 'alice', clientId: 'a-1' }, 0)

    expect(verdict(room)).toEqual({
      verdict: 'Failed',
      message: `1 of 1 messages was delivered twice: ${what}`,
    })
  })

  test('may have other events among its messages, and those before a user joined', () => {
    const { ledger } = new Room()
    ledger.send(0, 'a-3', 0, 0)
    ledger.acknowledge(0, 'a-3', 3, 0)
    const joined = { seq: 2, kind: 'member', sender: 'bob', clientId: 'joined' }
    const message = { seq: 3, kind: 'message', sender: 'alice', clientId: 'a-3' }
    for (const who of [0, 1]) {
      // The answer to the join may be handled after what follows it.
      ledger.receive(who, joined, 0)
      ledger.begin(who, 1)
      ledger.receive(who, message, 0)
    }
    for (const who of [2, 3])
      for (const event of [{ ...joined, seq: 1 }, joined, message]) ledger.receive(who, event, 0)
    ledger.finish([0, 1, 2, 3], END)
    for (const kind of ['lost', 'duplicated', 'reordered'] as const) expect(ledger.faults(kind, END).count).toBe(0)

    ledger.receive(1, joined, 0)
    expect(ledger.faults('duplicated', END).count).toBe(1)
  })

  test('that swaps two messages fails, and loses none', () => {
    const room = new Room()
    room.pass({ not: [1] })
    room.pass()
    room.arrive(1, 1)

    expect(verdict(room)).toEqual({
      verdict: 'Failed',
      message: '1 of 2 messages was out of order: message a-1 (seq 1) reached the user at B after a later one',
    })
    expect(room.ledger.faults('lost', END).count).toBe(0)
  })

  test('that stores messages of a sender in another order fails', () => {
    const { ledger } = new Room()
    ledger.send(0, 'a-0', 0, 0)
    ledger.send(0, 'a-1', 0, 1)
    ledger.receive(1, { seq: 1, sender: 'alice', clientId: 'a-1' }, 0)
    ledger.receive(1, { seq: 2, sender: 'alice', clientId: 'a-0' }, 0)

    expect(ledger.faults('reordered', 0)).toEqual({
      count: 1,
      first: {
        at: 0,
        what: 'message a-0 (seq 2) is stored after one that its sender sent later',
        by: { user: 0, from: 0 },
      },
    })
  })

  test('may store a message that came by HTTP anywhere among those of the connection', () => {
    const { ledger } = new Room()
    ledger.send(0, 'a-0', 0, undefined)
    ledger.send(0, 'a-1', 0, 1)
    ledger.receive(1, { seq: 1, sender: 'alice', clientId: 'a-1' }, 0)
    ledger.receive(1, { seq: 2, sender: 'alice', clientId: 'a-0' }, 0)

    expect(ledger.faults('reordered', 0).count).toBe(0)
  })

  test('that delays a message for longer than the budget fails, whether it comes or not', () => {
    const [late, never] = [new Room(), new Room()]
    late.pass({ at: 1000, arrivesAt: 6000 })
    never.pass({ at: 1000, not: [1] })
    const message = 'message a-1 waited for its delivery to the user at B 5.0 s, more than 3.0 s'

    expect(judge(evidence(late), 6000)).toEqual({ verdict: 'Failed', message })
    expect(judge(evidence(never), 6000)).toEqual({ verdict: 'Failed', message })
    expect(judgeEarly(evidence(never), 5900)).toBeUndefined()
    expect(judgeEarly(evidence(never), 6100)).toMatchObject({ verdict: 'Failed' })
  })
})

describe('a gap', () => {
  const gap = (excuses: Excuses) => {
    const room = new Room()
    room.pass({ at: 1000, arrivesAt: 10_000 })
    return evidence(room, { excuses })
  }

  test('is inconclusive when the database was away for most of it', () => {
    const excuses = new Excuses()
    excuses.add('the database did not answer', 1500, 9500)
    excuses.add('Redis did not answer', 1500, 2000)

    expect(judge(gap(excuses), END)).toEqual({
      verdict: 'Inconclusive',
      message:
        'message a-1 waited for its delivery to the user at B 9.0 s, for 8.0 s of which the database did not answer',
    })
    expect(excusedMs(gap(excuses), END)).toBe(8000)
  })

  test('is the fault of the release when too little of it is excused', () => {
    const excuses = new Excuses()
    excuses.add('the database did not answer', 1500, 6500)

    expect(judge(gap(excuses), END).verdict).toBe('Failed')
  })

  test('is inconclusive when too little is left to fail and too much is excused to pass', () => {
    const room = new Room()
    room.pass({ at: 1000, arrivesAt: 6069 })
    const excuses = new Excuses()
    excuses.add('the database was slow', 2000, 4100)

    expect(verdict(room, { excuses })).toEqual({
      verdict: 'Inconclusive',
      message: 'message a-1 waited for its delivery to the user at B 5.1 s, for 2.1 s of which the database was slow',
    })
  })

  test('that is a little longer than the budget passes when the rest of it is excused', () => {
    const room = new Room()
    room.pass({ at: 1000, arrivesAt: 4500 })
    const excuses = new Excuses()
    excuses.add('the process of the proof stood still', 2000, 3000)

    expect(verdict(room, { excuses }).verdict).toBe('Passed')
  })
})

test('what the control pair suffers too is inconclusive', () => {
  const [pair, control] = [new Room(), new Room()]
  for (const room of [pair, control]) {
    room.pass({ not: [1] })
    room.pass({ at: END })
  }

  const { verdict: found, message } = verdict(pair, { control: control.ledger })
  expect(found).toBe('Inconclusive')
  expect(message).toMatch(
    /^1 of 2 messages was lost: .*; the control pair, on pods that ran before, has the same: 1 of/,
  )
  expect(verdict(new Room(), { control: control.ledger }).verdict).toBe('Passed')
})

test('excuses that overlap count once', () => {
  const excuses = new Excuses()
  excuses.add('the database did not answer', 0, 10)
  excuses.add('the database did not answer', 5, 20)
  excuses.add('Redis did not answer', 15, 30)
  excuses.add('Redis did not answer', 40, 40)

  expect(excuses.overlapMs(0, 100)).toBe(30)
  expect(excuses.overlapMs(8, 18)).toBe(10)
  expect(excuses.cause(18, 100)).toBe('Redis did not answer')
  expect(excuses.cause(50, 60)).toBeUndefined()
})

test('the cause of a symptom is named where it is known for half of the time', () => {
  const excuses = new Excuses()
  excuses.add('the control pair waited too', 0, 10, true)
  expect(excuses.cause(0, 10)).toBe('the control pair waited too')
  excuses.add('the database did not answer', 0, 4)
  expect(excuses.cause(0, 10)).toBe('the control pair waited too')
  excuses.add('the database did not answer', 4, 6)
  expect(excuses.cause(0, 10)).toBe('the database did not answer')
})

test('messages that the users have and nobody has read in the history are delivered and not complete', () => {
  const room = new Room()
  room.pass({ not: [2, 3] })
  room.pass({ not: [1] })

  expect(room.ledger).toMatchObject({ sent: 2, acknowledged: 2, delivered: 1, complete: 0 })
})

describe('the processes that took part in a fault', () => {
  /** Alice and Bob are at a process each, of which that of Bob is replaced at 4000. */
  const served = () => {
    const [alice, bob] = [new Served(), new Served()]
    alice.open('old-1', 0)
    bob.open('old-2', 0)
    bob.close(3990)
    bob.open('new-1', 4000)
    return [alice, bob]
  }
  const processes = (room: Room) => judge(evidence(room, { served: served() }), END).processes

  test('are not named where it is known whose they are', () => {
    const room = new Room()
    room.pass({ at: 1000, arrivesAt: 6000 })
    expect(verdict(room)).not.toHaveProperty('processes')
  })

  test('are the one that should have delivered an acknowledged message, for as long as the budget is exceeded', () => {
    const [early, late, later] = [new Room(), new Room(), new Room()]
    early.pass({ at: 0, arrivesAt: 4500 })
    late.pass({ at: 3500, arrivesAt: 9000 })
    later.pass({ at: 5000, arrivesAt: 9000 })
    expect([early, late, later].map(processes)).toEqual([['old-2'], ['new-1'], ['new-1']])
  })

  test('are that of the sender until it acknowledges the message', () => {
    const room = new Room()
    room.pass({ at: 5000, arrivesAt: END, isAcknowledged: false })
    expect(processes(room)).toEqual(['old-1'])
  })

  test('are none where the client could connect to none', () => {
    const room = new Room()
    const [alice, bob] = [new Served(), new Served()]
    for (const user of [alice, bob]) user.open('old-1', 0)
    bob.close(1000)
    bob.open('new-1', 9000)
    room.pass({ at: 999, arrivesAt: 9001 })
    expect(judge(evidence(room, { served: [alice, bob] }), END).processes).toEqual([])
  })

  test('are unknown for a request that nobody answers, and for a process that does not say its name', () => {
    const room = new Room()
    room.ledger.send(0, 'a-1', 0)
    expect(processes(room)).toEqual(['unknown'])
    const older = new Served()
    older.open(undefined, 0)
    expect(older.between(0, 1, 1)).toEqual(['unknown'])
  })

  test.for([
    ['skips an event', 3000, 'old-2'],
    ['skips an event', 5000, 'new-1'],
    ['repeats an event', 3000, 'old-2'],
    ['repeats an event', 5000, 'new-1'],
  ] as const)('are the one that %s at %i', ([fault, at, name]) => {
    const room = new Room()
    const seq = room.pass({ at, not: fault === 'skips an event' ? [1] : [] })
    if (fault === 'repeats an event') room.arrive(1, seq, at)
    room.pass({ at })
    expect(processes(room)).toEqual([name])
  })

  test('are none for what the history lacks', () => {
    const room = new Room()
    room.pass({ at: 3000, not: [3] })
    room.pass({ at: 3000 })
    expect(processes(room)).toEqual([])
  })
})
