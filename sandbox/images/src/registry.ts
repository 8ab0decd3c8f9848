/** A registry to push images to: `registry.example.com/team/chat`, `localhost:5000/chat`, `http://10.0.0.1:5000/chat`. */
export interface Registry {
  /** `https://registry.example.com`. */
  readonly origin: string
  /** `team/chat`. */
  readonly path: string
  /** The part of a pod's image before `/chat-service:1.0.0`: `registry.example.com/team/chat`. */
  readonly prefix: string
}

const REGISTRY_PATTERN = /^(?<scheme>https?:\/\/)?(?<host>[a-z0-9.-]+(?::\d{1,5})?)(?<path>(?:\/[a-z0-9._-]+)+)$/

/**
 * Parses the address of a registry, HOST[:PORT]/PATH. The scheme is https unless the address begins with `http://` or
 * the host is localhost or 127.0.0.1.
 *
 * @throws Error if the address is invalid
 */
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

/** Returns the reason why a push without a login would fail; undefined if the registry responds with status 200. */
export async function whyNoRegistry({ origin }: Registry): Promise<string | undefined> {
  try {
    const { status } = await fetch(`${origin}/v2/`, { signal: AbortSignal.timeout(10_000) })
    if (status === 200) return undefined
    return status === 401
      ? 'it requires a login'
      : `${origin}/v2/ responds with status ${status}, so it is not a registry`
  } catch (error) {
    return reasonOf(error)
  }
}

/** Returns the reason of an error of `fetch`, whose own message is only "fetch failed". */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { message?: string; code?: string }; message: string }
  return cause?.message || cause?.code || message
}
