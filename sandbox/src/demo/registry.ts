import { createReadStream } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import tar from 'tar-stream'

/** Where images are pushed: `registry.example.com/team/chat`, `localhost:5000/chat`, `http://10.0.0.1:5000/chat`. */
export interface Registry {
  readonly origin: string
  readonly path: string
  /** What stands before `/chat-service:1.0.0` in a pod's image. */
  readonly prefix: string
}

/** A registry's address as a user types it. Plain HTTP only for localhost, or where `http://` says so. */
export function parseRegistry(text: string): Registry {
  const match = /^(?<scheme>https?:\/\/)?(?<host>[a-z0-9.-]+(?::\d{1,5})?)(?<path>(?:\/[a-z0-9._-]+)+)$/.exec(text)
  if (!match?.groups) {
    throw new Error(
      `--registry ${JSON.stringify(text)}: expected HOST[:PORT]/PATH in lower case, such as registry.example.com/chat-app`,
    )
  }
  const { scheme, host = '', path = '' } = match.groups
  const local = /^(localhost|127\.0\.0\.1)(:|$)/.test(host)
  return { origin: `${scheme ?? (local ? 'http://' : 'https://')}${host}`, path: path.slice(1), prefix: host + path }
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

const maxManifestBytes = 64 * 1024

/**
 * Pushes an OCI archive as `<registry>/<name>:<tag>` by the distribution protocol (OCI Distribution 1.1). Blobs that the registry has
 * are not sent again. Throws with the registry's answer when it refuses.
 */
export async function push(registry: Registry, archive: string, name: string, tag: string): Promise<void> {
  const manifests = new Map<string, Buffer>()
  let index: { manifests: Descriptor[] } | undefined
  const repository = `${registry.origin}/v2/${registry.path}/${name}`
  const entries = createReadStream(archive).pipe(tar.extract())
  for await (const entry of entries) {
    const size = entry.header.size ?? 0
    if (entry.header.name === 'index.json') index = JSON.parse(String(await buffer(entry))) as typeof index
    else if (entry.header.name.startsWith('blobs/sha256/') && entry.header.type === 'file') {
      const digest = `sha256:${entry.header.name.slice('blobs/sha256/'.length)}`
      const small = size <= maxManifestBytes ? await buffer(entry) : undefined
      if (small) manifests.set(digest, small)
      await pushBlob(repository, digest, size, small ?? entry)
    }
    entry.resume()
  }
  const descriptor = index?.manifests[0]
  const manifest = descriptor && manifests.get(descriptor.digest)
  if (!descriptor || !manifest) throw new Error(`${archive}: not an OCI archive with one image of this format`)
  await request(`${repository}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': descriptor.mediaType },
    body: new Uint8Array(manifest),
  })
}

async function pushBlob(
  repository: string,
  digest: string,
  size: number,
  body: Buffer | AsyncIterable<unknown>,
): Promise<void> {
  const known = await fetch(`${repository}/blobs/${digest}`, { method: 'HEAD', signal: AbortSignal.timeout(30_000) })
  if (known.ok) return
  const start = await request(`${repository}/blobs/uploads/`, { method: 'POST' })
  const location = new URL(start.headers.get('location') ?? '', repository)
  location.searchParams.set('digest', digest)
  await request(location.href, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
    body: Buffer.isBuffer(body)
      ? new Uint8Array(body)
      : (ReadableStream.from(body) as NonNullable<RequestInit['body']>),
    duplex: 'half',
  })
}

async function request(url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(300_000) }).catch((error: Error) => {
    throw new Error(`${new URL(url).host}: ${String(error.cause ?? error.message)}`)
  })
  if (answer.ok) return answer
  const hint =
    answer.status === 401 || answer.status === 403
      ? '; log in with `docker login` and have Docker running, so that Docker pushes'
      : ''
  throw new Error(`${init.method ?? 'GET'} ${url}: ${answer.status} ${(await answer.text()).slice(0, 300)}${hint}`)
}
