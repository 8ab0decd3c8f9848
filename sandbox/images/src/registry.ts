/** Where images are pushed: `registry.example.com/team/chat`, `localhost:5000/chat`, `http://10.0.0.1:5000/chat`. */
export interface Registry {
  readonly origin: string
  readonly path: string
  /** What stands before `/chat-service:1.0.0` in a pod's image. */
  readonly prefix: string
}

const REGISTRY_PATTERN = /^(?<scheme>https?:\/\/)?(?<host>[a-z0-9.-]+(?::\d{1,5})?)(?<path>(?:\/[a-z0-9._-]+)+)$/

/** A registry's address as a user types it. Plain HTTP only for localhost, or where `http://` says so. */
export function parseRegistry(text: string): Registry {
  const match = REGISTRY_PATTERN.exec(text)
  if (!match?.groups) {
    throw new Error(
      `--registry ${JSON.stringify(text)}: expected HOST[:PORT]/PATH in lower case, such as registry.example.com/chat-app`,
    )
  }
  const { scheme, host = '', path = '' } = match.groups
  const local = /^(localhost|127\.0\.0\.1)(:|$)/.test(host)
  return { origin: `${scheme ?? (local ? 'http://' : 'https://')}${host}`, path: path.slice(1), prefix: host + path }
}

/** Why nothing can be pushed there without a login; undefined when it answers as a registry does. */
export async function whyNoRegistry({ origin }: Registry): Promise<string | undefined> {
  try {
    const { status } = await fetch(`${origin}/v2/`, { signal: AbortSignal.timeout(10_000) })
    if (status === 200) return undefined
    return status === 401 ? 'it asks for a login' : `${origin}/v2/ answers ${status}, which no registry does`
  } catch (error) {
    return reasonOf(error)
  }
}

/** What `fetch` throws says only "fetch failed"; its cause says why. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { message?: string; code?: string }; message: string }
  return cause?.message || cause?.code || message
}
