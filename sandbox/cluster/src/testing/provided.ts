import 'vitest'

/** What the global set-ups of the `api` and `cluster` projects give to tests (`inject('kubeconfig')`). */
declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the administrator's kubeconfig. */
    kubeconfig: string
    /** Path of a kubectl of the cluster's version. */
    kubectl: string
  }
}
