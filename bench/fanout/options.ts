import type { FanoutOptions } from './main.ts'

const CLIENTS = 1000
const DEFAULTS = { rooms: '20,100,1000', rounds: '5', seconds: '4', rate: undefined }
const QUICK = { rooms: '100', rounds: '1', seconds: '1', rate: '20' }
const MAX = 100_000

interface Given {
  readonly rooms?: string | undefined
  readonly rounds?: string | undefined
  readonly seconds?: string | undefined
  readonly rate?: string | undefined
  readonly quick?: boolean | undefined
}

/** @param refused makes the error of an option that is wrong */
export function fanoutOptions({ quick = false, ...given }: Given, refused: (message: string) => Error): FanoutOptions {
  const defaults = quick ? QUICK : DEFAULTS
  const { rooms: sizes = defaults.rooms, rounds = defaults.rounds, seconds = defaults.seconds } = given
  const rate = given.rate ?? defaults.rate
  const positive = (name: string, text: string) => {
    const value = Number(text)
    if (value > 0 && value <= MAX) return value
    throw refused(`--${name} ${JSON.stringify(text)}: must be a number above 0 and at most ${MAX}`)
  }
  const rooms = sizes.split(',').map(Number)
  if (!rooms.every((size) => size > 0 && CLIENTS % size === 0))
    throw refused(`--rooms ${JSON.stringify(sizes)}: must be divisors of ${CLIENTS}, with commas in between`)
  return {
    clients: CLIENTS,
    rooms,
    rounds: positive('rounds', rounds),
    seconds: positive('seconds', seconds),
    rate: rate === undefined ? undefined : positive('rate', rate),
  }
}
