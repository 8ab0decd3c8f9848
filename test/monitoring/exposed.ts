import { Agent, request } from 'undici'

const agent = new Agent({ connect: { rejectUnauthorized: false } })

/**
 * The names of all series of the metrics at a URL, also of metrics without a sample yet.
 *
 * @throws Error when the status is not 200
 */
export async function exposedAt(url: string): Promise<string[]> {
  const { statusCode, body } = await request(url, { dispatcher: agent, signal: AbortSignal.timeout(10_000) })
  if (statusCode !== 200) throw new Error(`${url}: HTTP ${statusCode}`)
  return seriesOf(await body.text())
}

/** The names of all series of a text in the exposition format. A histogram has three. */
export function seriesOf(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].flatMap(([, name = '', type]) => {
    if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`]
    return type === 'summary' ? [name, `${name}_sum`, `${name}_count`] : [name]
  })
}
