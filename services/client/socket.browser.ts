import type { Socket, SocketHandlers, SocketOptions } from './socket.ts'

/** A page is not told of the server's pings, so it asks itself. */
const PING_MS = 25_000
/** `close` of a page takes only 1000 and 3000 to 4999. */
const CLOSE_OF_PAGE = 3000

/**
 * Opens a socket of the browser. It tells no status of a refusal, so a refused upgrade is a failure like any other; the
 * token is asked for again before each connect.
 */
export function openSocket(
  url: string,
  { token, protocols, timeoutMs }: SocketOptions,
  handlers: SocketHandlers,
): Socket {
  const socket = new WebSocket(url, [...protocols, `bearer.${token}`])
  let isOver = false
  const end = (code: number, reason: string, failure?: string): void => {
    if (isOver) return
    isOver = true
    clearTimeout(handshake)
    clearInterval(pings)
    handlers.onClose({ code, reason, failure })
  }
  const handshake = setTimeout(() => {
    end(1006, '', 'the server has not answered in time')
    socket.close()
  }, timeoutMs)
  let pings: ReturnType<typeof setInterval> | undefined
  socket.addEventListener('open', () => {
    if (isOver) return
    clearTimeout(handshake)
    pings = setInterval(() => socket.send('{"type":"ping"}'), PING_MS)
    handlers.onOpen()
  })
  socket.addEventListener('message', ({ data }) => {
    if (!isOver) handlers.onText(String(data))
  })
  socket.addEventListener('close', ({ code, reason }) => end(code, reason, 'the connection failed'))
  return {
    get isOpen() {
      return !isOver && socket.readyState === WebSocket.OPEN
    },
    send: (text) => socket.send(text),
    close: (code) => socket.close(code === 1000 ? code : CLOSE_OF_PAGE),
    terminate: () => {
      socket.close()
      end(1006, '')
    },
  }
}
