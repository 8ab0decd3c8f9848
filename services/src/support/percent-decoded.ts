/** Decodes a part of a URL. @throws Error that does not quote the part, which may be a password */
export function percentDecoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Error('has a "%" that encodes nothing: write %25 for it')
  }
}
