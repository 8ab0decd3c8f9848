import type { Readable } from 'node:stream'
import { ApiError } from './errors.ts'
import { at, parseJson } from './json.ts'
import type { KubeObject } from './types.ts'

/** An object with its metadata is at most 1.5 MiB in etcd; JSON escapes and managedFields can double that. */
const MAX_LINE_BYTES = 8 * 1024 * 1024

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: KubeObject
}

/**
 * The events of a watch response, one JSON document a line. Ends when the stream ends.
 * @throws ApiError for an ERROR event (status 410 when the resourceVersion is too old), Error for a line that is not JSON
 */
export async function* watchEvents(body: Readable): AsyncGenerator<WatchEvent> {
  for await (const line of lines(body)) {
    if (line === '') continue
    const event = parseJson<{ type: string; object: unknown }>(line)
    if (event.type === 'ERROR') throw errorOf(event.object)
    if (isKnown(event)) yield event
  }
}

/** Splits a stream into lines. A last line without an end is dropped, since its event is incomplete. */
async function* lines(body: Readable): AsyncGenerator<string> {
  let pending: Buffer[] = []
  let pendingBytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      pending.push(chunk.subarray(start, end))
      yield Buffer.concat(pending).toString('utf8')
      pending = []
      pendingBytes = 0
      start = end + 1
    }
    if (start < chunk.length) pending.push(chunk.subarray(start))
    pendingBytes += chunk.length - start
    if (pendingBytes > MAX_LINE_BYTES) throw new Error(`a watch event is larger than ${MAX_LINE_BYTES} bytes`)
  }
}

function isKnown(event: { type: string; object: unknown }): event is WatchEvent {
  return ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'].includes(event.type)
}

function errorOf(object: unknown): ApiError {
  const code = at<number>(object, 'code') ?? 500
  const message = at<string>(object, 'message') ?? 'an ERROR event without a message'
  return new ApiError(`watch: ${code} ${message}`, code, at<string>(object, 'reason'))
}
