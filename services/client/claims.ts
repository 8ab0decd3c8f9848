/** What a token says of itself. It is not verified: the server does that. */
export interface Claims {
  readonly sub?: unknown
  readonly iat?: unknown
  readonly exp?: unknown
}

/** The claims of a token; empty for one that is no JWT. */
export function claimsOf(token: string): Claims {
  try {
    const base64 = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0)
    return JSON.parse(new TextDecoder().decode(bytes)) as Claims
  } catch {
    return {}
  }
}

/** How long a token is valid from its issue on; undefined if it does not say so. */
export function lifetimeMs(token: string): number | undefined {
  const { iat, exp } = claimsOf(token)
  return typeof iat === 'number' && typeof exp === 'number' ? (exp - iat) * 1000 : undefined
}
