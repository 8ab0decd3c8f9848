/** The finding of a tool about an object. */
export interface Finding {
  readonly tool: 'kube-score' | 'checkov'
  /** The tool's name of the check. */
  readonly check: string
  /** `Deployment chat-app/chat-app-api`. */
  readonly object: string
  /** Folder of the cluster. */
  readonly cluster: string
  readonly text: string
}
