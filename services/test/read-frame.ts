import * as ws from 'ws'

interface Receiver {
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): void
  write(data: Buffer): void
}

/** ws exports it, but its type declarations lack it. */
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Receiver }

/** The message that a WebSocket client reads from the bytes of one whole frame. */
export function readFrame(frame: Buffer): Promise<{ data: Buffer; isBinary: boolean }> {
  const receiver = new Receiver({ isServer: false })
  return new Promise((resolve) => {
    receiver.on('message', (data, isBinary) => resolve({ data, isBinary }))
    receiver.write(frame)
  })
}
