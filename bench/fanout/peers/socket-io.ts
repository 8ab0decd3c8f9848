// The peer of `npm run bench -- fanout`: a chat without storage on Socket.IO, with the settings that its documentation
// recommends for production: WebSocket alone, bufferutil, the Redis adapter, no reference to the first request.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdapter } from '@socket.io/redis-adapter'
import { Redis } from 'ioredis'
import { Server } from 'socket.io'

const url = process.env['REDIS_URL'] ?? ''
const server = createServer()
const io = new Server(server, {
  transports: ['websocket'],
  serveClient: false,
  perMessageDeflate: false,
  httpCompression: false,
  adapter: createAdapter(new Redis(url), new Redis(url)),
})
io.engine.on('connection', (rawSocket: { request: unknown }) => (rawSocket.request = null))
io.on('connection', (socket) => {
  const sender = String(socket.handshake.auth['user'])
  socket.on('join', async (room: string, done: () => void) => {
    await socket.join(room)
    done()
  })
  socket.on('send', ({ room, body }: { room: string; body: string }, done: () => void) => {
    io.to(room).emit('event', { room, sender, at: Date.now(), body })
    done()
  })
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
