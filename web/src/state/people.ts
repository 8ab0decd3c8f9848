import { signal } from '@preact/signals'
import { word } from '../words.ts'
import type { PageSession } from './session.ts'

/** A person as others see one. */
export interface Person {
  readonly user: string
  /** As the person wants to be called; not unique. */
  readonly displayName?: string
  /** The account was deleted. */
  readonly isDeleted?: true
}

const MAX_FOUND = 20

/** Who is online, and what people are called. */
export class People {
  readonly online = signal<ReadonlySet<string>>(new Set())
  readonly #known = signal<ReadonlyMap<string, Person>>(new Map())
  readonly #call: PageSession['call']

  constructor(call: PageSession['call']) {
    this.#call = call
  }

  /** The display name of a user; the name of one who has none, or whom the page has not heard of. */
  nameOf(user: string): string {
    const { displayName, isDeleted } = this.#known.value.get(user) ?? {}
    return isDeleted ? word('deletedUser') : (displayName ?? user)
  }

  /** Whether the page has heard what a user is called. */
  isKnown(user: string): boolean {
    return this.#known.value.has(user)
  }

  isDeleted(user: string): boolean {
    return this.#known.value.get(user)?.isDeleted ?? false
  }

  /** Notes what people are called now. */
  note(people: readonly Person[]): void {
    this.#known.value = new Map([...this.#known.value, ...people.map((person) => [person.user, person] as const)])
  }

  /** Reads what a user is called. @throws ApiError */
  async load(user: string): Promise<void> {
    this.note([await this.#call<Person>('GET', `/api/chat/people/${encodeURIComponent(user)}`)])
  }

  /** People whose name or display name begins with a text; nobody for an empty one. @throws ApiError */
  async find(text: string): Promise<readonly Person[]> {
    if (text === '') return []
    const path = `/api/chat/people?limit=${MAX_FOUND}&query=${encodeURIComponent(text)}`
    const { people } = await this.#call<{ people: readonly Person[] }>('GET', path)
    this.note(people)
    return people
  }

  /** Sets how the user wants to be called; by the name for an empty text. @throws ApiError */
  async setDisplayName(displayName: string): Promise<void> {
    const body = displayName === '' ? {} : { displayName }
    this.note([await this.#call<Person>('POST', '/api/chat/display-name', body)])
  }

  onPresence(user: string, state: string): void {
    const online = new Set(this.online.value)
    if (state === 'online') online.add(user)
    else online.delete(user)
    this.online.value = online
  }
}
