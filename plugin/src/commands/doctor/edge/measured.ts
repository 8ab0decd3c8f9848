import type { Held, NotOpened } from './hold.ts'

/** What was measured of an edge. Nothing in it comes from the settings of a proxy. */
export interface Measured {
  /** How long sockets were held. */
  readonly seconds: number
  readonly paceMs: number
  /** After this time the services themselves cut a client that answers no ping. */
  readonly silenceMs: number
  /** From this time on an answer is late. */
  readonly lateMs: number
  readonly held: readonly Held[]
  /** Of the moment when it ended. */
  readonly endedAtMs: number
  readonly versions: Versions
  /** The first socket was not opened. */
  readonly refused?: Refused
  /** The first one was, and another was not. */
  readonly refusedLater?: NotOpened
  readonly frame?: Large
  readonly request?: Large
  readonly seen?: SeenAddress
}

/** The versions of HTTP that the edge speaks. */
export interface Versions {
  readonly http1: boolean
  readonly http2: boolean
  /** Whether it takes WebSockets over HTTP/2 (RFC 8441, `SETTINGS_ENABLE_CONNECT_PROTOCOL`). */
  readonly extendedConnect: boolean
  /** Why there is no answer by HTTP/1.1. */
  readonly failure?: string
}

/** An upgrade that was not answered with 101, and a request without an upgrade beside it. */
export interface Refused extends NotOpened {
  readonly plain?: { readonly status: number; readonly body: string }
  /** Whether a socket is opened whose token is in a header. */
  readonly isOpenedByHeader?: boolean
}

/** A frame or a request of the largest size that the services take. */
export interface Large {
  readonly bytes: number
  readonly isTaken: boolean
  readonly what: string
}

/** The address that the services saw, and what it is compared with. */
export interface SeenAddress {
  readonly seen: string
  readonly forged: string
  /** The addresses of both ends of this machine's connection. */
  readonly local: string
  readonly remote: string
  /** Addresses of pods and nodes of the cluster, none of which is a client. */
  readonly inside: ReadonlySet<string>
}
