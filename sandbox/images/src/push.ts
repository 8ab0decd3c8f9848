import { createReadStream } from 'node:fs'
import { digestOf, type ImageContent } from './archive.ts'
import { reasonOf, type Registry } from './registry.ts'

/** One thing a registry stores: its digest, its size and how to read it. */
interface Content {
  readonly digest: string
  readonly size: number
  readonly body: () => NonNullable<RequestInit['body']>
}

interface Target {
  /** URL of the image's repository in the registry. */
  readonly url: string
  /** Path of a repository of the same registry that may have the same layers. */
  readonly mountFrom: string | undefined
  readonly signal: AbortSignal
}

const requestTimeoutMs = 300_000

/**
 * Pushes an image as its `reference` says, which begins with the registry's `prefix`, by the distribution protocol (OCI Distribution
 * 1.1). What the registry has is not sent again, not even from the repository `mountFrom` (such as "operator") of the same path.
 * Throws with the registry's answer when it refuses.
 */
export async function push(
  registry: Registry,
  image: ImageContent,
  { mountFrom, signal }: { readonly mountFrom?: string; readonly signal: AbortSignal },
): Promise<void> {
  const [name = '', tag = ''] = image.reference.slice(registry.prefix.length + 1).split(':')
  const from = mountFrom === undefined ? undefined : `${registry.path}/${mountFrom}`
  const target: Target = { url: `${registry.origin}/v2/${registry.path}/${name}`, mountFrom: from, signal }
  const layers = image.layers.map(({ digest, size, file }) => ({ digest, size, body: () => stream(file) }))
  for (const content of [...layers, document(image.configuration)]) await pushBlob(target, content)
  const { mediaType } = JSON.parse(image.manifest) as { mediaType: string }
  const headers = { 'content-type': mediaType }
  await request(`${target.url}/manifests/${tag}`, { method: 'PUT', headers, body: image.manifest, signal })
}

async function pushBlob({ url, mountFrom, signal }: Target, { digest, size, body }: Content): Promise<void> {
  const known = await send(`${url}/blobs/${digest}`, { method: 'HEAD', signal })
  if (known.ok) return
  const mount = mountFrom === undefined ? '' : `?mount=${digest}&from=${encodeURIComponent(mountFrom)}`
  const start = await request(`${url}/blobs/uploads/${mount}`, { method: 'POST', signal })
  // Mounted from the other repository: there is nothing to send.
  if (start.status === 201) return
  const location = new URL(start.headers.get('location') ?? '', url)
  location.searchParams.set('digest', digest)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) }
  await request(location.href, { method: 'PUT', headers, body: body(), duplex: 'half', signal })
}

function document(text: string): Content {
  return { digest: digestOf(text), size: Buffer.byteLength(text), body: () => text }
}

function stream(file: string): NonNullable<RequestInit['body']> {
  return ReadableStream.from(createReadStream(file))
}

async function request(url: string, init: RequestInit): Promise<Response> {
  const answer = await send(url, init)
  if (answer.ok) return answer
  throw new Error(`${init.method} ${url}: the registry answers ${answer.status} ${(await answer.text()).slice(0, 300)}`)
}

async function send(url: string, init: RequestInit): Promise<Response> {
  const timeout = AbortSignal.timeout(requestTimeoutMs)
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout
  return fetch(url, { ...init, signal }).catch((error: unknown) => {
    throw new Error(`${new URL(url).host}: ${reasonOf(error)}`, { cause: error })
  })
}
