import type { IncomingMessage, Server } from 'node:http'

/** Listens on an address. @throws the server's error, such as EADDRINUSE. */
export async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
}

/** The port that a server listens on, which the system chose if 0 was requested. */
export function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The path of a request's URL, without the query. */
export function pathOf({ url = '' }: Pick<IncomingMessage, 'url'>): string {
  return url.split('?', 1)[0] ?? ''
}
