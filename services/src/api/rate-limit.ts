/** A limit of what one key may do. */
export interface RateLimit {
  /** Counts one action for `key`. @throws AppError `rate_limited` */
  take(key: string): Promise<void>
  /** Takes back what was counted for one action. */
  giveBack(key: string): Promise<void>
}
