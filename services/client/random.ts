const CLIENT_ID_BYTES = 16

/**
 * Random characters of base64url. Pages of plain http have no `crypto.randomUUID`.
 * @param bytes of randomness
 */
export function randomText(bytes: number): string {
  return btoa(String.fromCodePoint(...crypto.getRandomValues(new Uint8Array(bytes))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** A `clientId` that nobody else has. It begins with a letter. */
export function newClientId(): string {
  return `c${randomText(CLIENT_ID_BYTES)}`
}
