import { Agent, request } from 'undici'

const agent = new Agent({ connect: { rejectUnauthorized: false } })

/** The names of the series that a page of metrics has or can have: those of a histogram are three. */
export async function exposedAt(url: string): Promise<string[]> {
  const { statusCode, body } = await request(url, { dispatcher: agent, signal: AbortSignal.timeout(10_000) })
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode}`)
  return seriesOf(await body.text())
}

/** The same of the page itself. */
export function seriesOf(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].flatMap(([, name = '', type]) => {
    if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`]
    return type === 'summary' ? [name, `${name}_sum`, `${name}_count`] : [name]
  })
}
