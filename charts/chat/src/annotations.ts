/** Annotations of the ChatApp by which a person decides. */
export const DECISIONS = {
  /** Any new value takes the update that `UpdateAvailable` announces. */
  update: 'chat-app.com/update',
  /** Any new value tries a failed release again. */
  retry: 'chat-app.com/retry',
  /**
   * Any new value replaces the pods by the same ones; `api@anything` and `api,websocket@anything` those of the named services.
   * The pod templates have it too.
   */
  restart: 'chat-app.com/restart',
  /** `N` or `N@anything`: goes back to the release with that number. */
  rollback: 'chat-app.com/rollback-to',
} as const

/** Annotation of a Deployment with the name of the record whose template it has. */
export const RELEASE = 'chat-app.com/release'

/** Annotations of a record with what was learned of its release after it was made, each as JSON. */
export const LEARNED = {
  migration: 'chat-app.com/migration',
  good: 'chat-app.com/good',
  failed: 'chat-app.com/failed',
  held: 'chat-app.com/held',
  proof: 'chat-app.com/proof',
  takenBack: 'chat-app.com/taken-back',
  /** Keyed hashes of the values that its pods read only at start, as in `status.operator.secrets`. */
  secrets: 'chat-app.com/secrets',
} as const
