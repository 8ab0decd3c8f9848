import { randomOf } from '@chat-app/testing'
import type { ChatRoom } from './chat-room.ts'
import { Choice } from './choice.ts'
import { Follower } from './follower.ts'
import { Guest, Keeper, Outsider } from './keeper.ts'
import type { ChaosOptions } from './options.ts'
import { Participant, type Stage } from './participant.ts'
import { addPeople, addRooms } from './rooms.ts'

/** The rooms of a run and all who act in them. */
export class Cast implements AsyncDisposable {
  readonly rooms: readonly ChatRoom[]
  readonly guests: readonly Guest[]
  readonly followers: readonly Follower[]
  readonly #participants: readonly Participant[]
  readonly #keepers: readonly Keeper[]
  readonly #outsider: Outsider

  private constructor(
    stage: Stage,
    rooms: readonly ChatRoom[],
    people: Awaited<ReturnType<typeof addPeople>>,
    seed: number,
  ) {
    // Each has choices of its own, because nobody knows in which order they act.
    let number = seed
    const choice = () => new Choice(randomOf((number += 1_000_003)))
    this.rooms = rooms
    this.#participants = people.users.map((user) => new Participant(stage, user, { choice: choice() }))
    this.guests = rooms.map((room) => new Guest(stage, room, choice()))
    this.#keepers = rooms.map((room) => new Keeper(stage, room, choice()))
    this.followers = people.followers.map((user) => new Follower(stage, user, choice()))
    this.#outsider = new Outsider(stage, rooms, { user: people.outsider, choice: choice() })
  }

  static async open(stage: Stage, options: ChaosOptions): Promise<Cast> {
    const people = await addPeople(stage.world, options)
    const rooms = await addRooms(stage.world, people, options)
    const cast = new Cast(stage, rooms, people, options.seed)
    for (const follower of cast.followers) follower.follow(rooms)
    await Promise.all(
      cast.#participants.flatMap((one) =>
        rooms.filter(({ members }) => members.includes(one.user)).map((room) => one.join(room)),
      ),
    )
    return cast
  }

  /** All over WebSocket who join rooms. */
  get joining(): readonly Participant[] {
    return [...this.#participants, ...this.guests]
  }

  /** Acts until the signal. Resolves when everything is answered. */
  async act(signal: AbortSignal, inFlight: number): Promise<void> {
    await Promise.all([
      ...this.#participants.map((one) => one.act(signal, inFlight)),
      ...this.guests.flatMap((guest) => [guest.act(signal, 1), guest.comeAndGo(signal)]),
      ...this.#keepers.map((keeper) => keeper.act(signal)),
      this.#outsider.act(signal),
    ])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.joining, ...this.followers].map(({ client }) => client.close()))
  }
}
