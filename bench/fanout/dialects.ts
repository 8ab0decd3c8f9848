/** How a client of one server connects, joins its room and sends. All frames are text. */
export interface Dialect {
  /** The path and the further header lines of the upgrade. */
  readonly upgrade: (user: string) => { readonly path: string; readonly headers: readonly string[] }
  /** What the client sends one after the other, each when the answer before has arrived. */
  readonly join: (user: string, room: string) => readonly { readonly send: string; readonly until: string }[]
  readonly send: (room: string, no: number, body: string) => string
  /** The answer to a frame that asks whether the client is alive. */
  readonly alive?: { readonly asked: string; readonly answer: string }
}

const VERSION = 'Sec-WebSocket-Version: 13'

/** Ours with a token for each user. */
export function ours(protocol: string, tokenOf: (user: string) => string): Dialect {
  return {
    upgrade: (user) => ({
      path: '/',
      headers: [VERSION, `Sec-WebSocket-Protocol: ${protocol}`, `Authorization: Bearer ${tokenOf(user)}`],
    }),
    join: (_user, room) => [{ send: JSON.stringify({ type: 'join', room }), until: '"type":"joined"' }],
    send: (room, no, body) => JSON.stringify({ type: 'send', room, clientId: `${protocol}-${no}`, body }),
  }
}

export const SOCKET_IO: Dialect = {
  upgrade: () => ({ path: '/socket.io/?EIO=4&transport=websocket', headers: [VERSION] }),
  join: (user, room) => [
    { send: `40${JSON.stringify({ user })}`, until: '40{' },
    { send: `420${JSON.stringify(['join', room])}`, until: '430[' },
  ],
  send: (room, no, body) => `42${no}${JSON.stringify(['send', { room, body }])}`,
  alive: { asked: '2', answer: '3' },
}

export const CENTRIFUGE: Dialect = {
  upgrade: () => ({ path: '/', headers: [VERSION] }),
  join: (user, room) => [
    { send: JSON.stringify({ id: 1, connect: { token: user } }), until: '"id":1,' },
    { send: JSON.stringify({ id: 2, subscribe: { channel: room } }), until: '"id":2,' },
  ],
  send: (room, no, body) => JSON.stringify({ id: no + 3, publish: { channel: room, data: body } }),
}
