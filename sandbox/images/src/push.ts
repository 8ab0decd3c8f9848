import { createReadStream } from 'node:fs'
import { digestOf, MANIFEST, type ImageContent } from './archive.ts'
import type { Blob } from './blobs.ts'
import type { Registry } from './registry.ts'
import { requestsTo, textOf, type Login, type RegistryRequest, type SendRequest } from './registry-requests.ts'

/** An image to push. */
export interface PushedImage extends Omit<ImageContent, 'layers'> {
  readonly layers: readonly Pick<Blob, 'digest' | 'size' | 'file'>[]
}

export interface PushOptions {
  /** Short name of another repository in the same registry path, such as "operator", that may have the same layers. */
  readonly mountFrom?: string
  /** Account for a registry that requires a login. */
  readonly login?: Login
  readonly signal: AbortSignal
}

/** A blob to push: its digest, its size in bytes, and its content. */
interface Content {
  readonly digest: string
  readonly size: number
  readonly body: () => NonNullable<RequestInit['body']>
}

interface Target {
  /** URL of the image's repository in the registry. */
  readonly url: string
  /** Path of another repository in the registry that may have the same layers. */
  readonly mountFrom: string | undefined
  readonly signal: AbortSignal
  readonly send: SendRequest
}

/**
 * Pushes an image to its `reference`, which must begin with the registry's `prefix` (OCI Distribution 1.1). Blobs that
 * the registry has, or can mount from the repository `mountFrom`, are not sent.
 *
 * @throws Error with the status and the body of the response if the registry refuses a request
 */
export async function push(
  registry: Registry,
  image: PushedImage,
  { mountFrom, login, signal }: PushOptions,
): Promise<void> {
  const [name = '', tag = ''] = image.reference.slice(registry.prefix.length + 1).split(':')
  const target: Target = {
    url: `${registry.origin}/v2/${registry.path}/${name}`,
    mountFrom: mountFrom === undefined ? undefined : `${registry.path}/${mountFrom}`,
    signal,
    send: requestsTo(registry, login),
  }
  const layers = image.layers.map(({ digest, size, file }) => ({ digest, size, body: () => stream(file) }))
  for (const content of [...layers, document(image.configuration)]) await pushBlob(target, content)
  const { mediaType = MANIFEST } = JSON.parse(image.manifest) as { readonly mediaType?: string }
  const headers = { 'content-type': mediaType }
  const body = (): string => image.manifest
  await request(target, `${target.url}/manifests/${tag}`, { method: 'PUT', headers, body, signal })
}

async function pushBlob(target: Target, { digest, size, body }: Content): Promise<void> {
  const { url, mountFrom, signal } = target
  const known = await target.send(`${url}/blobs/${digest}`, { method: 'HEAD', signal })
  if (known.ok) return
  const mount = mountFrom === undefined ? '' : `?mount=${digest}&from=${encodeURIComponent(mountFrom)}`
  const start = await request(target, `${url}/blobs/uploads/${mount}`, { method: 'POST', signal })
  // 201: the registry mounted the blob from the other repository.
  if (start.status === 201) return
  const location = new URL(start.headers.get('location') ?? '', url)
  location.searchParams.set('digest', digest)
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) }
  await request(target, location.href, { method: 'PUT', headers, body, signal })
}

function document(text: string): Content {
  return { digest: digestOf(text), size: Buffer.byteLength(text), body: () => text }
}

function stream(file: string): NonNullable<RequestInit['body']> {
  return ReadableStream.from(createReadStream(file))
}

async function request({ send }: Target, url: string, init: RegistryRequest): Promise<Response> {
  const answer = await send(url, init)
  if (answer.ok) return answer
  throw new Error(`${init.method} ${url}: the registry answers ${await textOf(answer)}`)
}
