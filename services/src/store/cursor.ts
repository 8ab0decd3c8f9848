/** Where a page of a list begins, as clients get it and return it unread. */
export function cursorOf(key: string | number): string {
  return Buffer.from(String(key)).toString('base64url')
}

/** The text in a cursor; the lowest one without a cursor. Any other text begins somewhere else in the list. */
export function textIn(cursor: string | undefined): string {
  return cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString()
}

/** The number in a cursor; 0 if it has none. */
export function numberIn(cursor: string | undefined): number {
  const number = Number(textIn(cursor))
  return Number.isSafeInteger(number) && number > 0 ? number : 0
}

/**
 * The first `limit` rows of which one more was read, and the cursor of the next page if there is one.
 * @param key what the rows are sorted by
 */
export function pageOf<R>(rows: readonly R[], limit: number, key: (row: R) => string | number) {
  const last = rows.length > limit ? rows[limit - 1] : undefined
  const found = rows.slice(0, limit)
  return last === undefined ? { found, next: {} } : { found, next: { next: cursorOf(key(last)) } }
}
