/** A finding of a tool about an object. */
export interface Finding {
  readonly tool: 'kube-score' | 'checkov'
  /** The check, as the tool names it. */
  readonly check: string
  /** `Kind namespace/name`, such as `Deployment chat-app/chat-app-api`. */
  readonly object: string
  /** Folder of the cluster's manifests, such as `prod/eu-central`. */
  readonly cluster: string
  readonly text: string
}
