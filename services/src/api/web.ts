import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import type { Registration } from './registration.ts'

export interface WebOptions {
  /** Folder of the built web client: index.html, and `app/`, where `assets/` has hashes in the names of its files. */
  readonly root: string
  /** Where pages open connections. @default `/ws` of the address of the page */
  readonly websocketUrl: string | undefined
  readonly registration: Registration
}

const HASHED = 'public, max-age=31536000, immutable'
const FRESH = 'no-cache'

/** Serves the web client at `/` and below `/app`. @throws Error if the folder has no index.html */
export async function webRoutes(app: FastifyInstance, { root, websocketUrl, registration }: WebOptions): Promise<void> {
  await readFile(join(root, 'index.html')).catch((error: Error) => {
    throw new Error(`WEB_ROOT: ${error.message}: set the folder of a built web client, or leave it out`, {
      cause: error,
    })
  })
  const policy = securityPolicy(websocketUrl)
  await app.register(fastifyStatic, {
    root,
    // One route for each file: what is not there needs no look at the disk.
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.header('Cache-Control', path.startsWith(join(root, 'app', 'assets')) ? HASHED : FRESH)
      reply.header('Content-Security-Policy', policy)
      reply.header('Referrer-Policy', 'no-referrer')
      reply.header('Cross-Origin-Opener-Policy', 'same-origin')
    },
  })
  app.get('/app/config.json', async () => ({ websocketUrl, registration }))
}

/** A page loads nothing from elsewhere, runs no text as a script, and is shown in no frame. */
function securityPolicy(websocketUrl: string | undefined): string {
  const connections = websocketUrl === undefined ? [] : [new URL(websocketUrl).origin]
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "manifest-src 'self'",
    ["connect-src 'self'", ...connections].join(' '),
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
