/** Who became a member, changed as one, or is one no longer. */
export interface MemberChange {
  readonly user: string
  readonly isGone: boolean
}

/** What the frame of an event of kind `member` says; undefined if it cannot be read. */
export function memberChangeOf(payload: Buffer): MemberChange | undefined {
  try {
    const { data } = JSON.parse(payload.toString()) as { data?: { user?: string; change?: string } }
    const { user, change } = data ?? {}
    return user === undefined ? undefined : { user, isGone: change === 'removed' || change === 'left' }
  } catch {
    return undefined
  }
}
