import 'vitest'

/** What the global set-up of the `api` and `cluster` projects provides to tests (`inject('kubeconfig')`). */
declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the administrator's kubeconfig. */
    kubeconfig: string
    /** Path of a kubectl with the version of the cluster. */
    kubectl: string
  }
}
