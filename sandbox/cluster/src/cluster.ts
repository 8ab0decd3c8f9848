/** The processes of the control plane that a fault test may kill. */
export type Component = 'etcd' | 'kube-apiserver' | 'kube-controller-manager'

/** A running cluster. All its files are in `dir`; everything of it listens on loopback or in namespaces of its own. */
export interface Cluster {
  readonly name: string
  readonly dir: string
  /** Path of the administrator's kubeconfig (client certificate, mode 0600). */
  readonly kubeconfig: string
  /** URL of the API server. */
  readonly server: string
  /** Path of a kubectl of the cluster's version. */
  readonly kubectl: string
  /** Sends the signal to the component's process and waits until that process is gone; it is restarted on the same port. */
  kill(component: Component, signal: NodeJS.Signals): Promise<void>
  /** Ends every process and removes `dir`. Safe to call twice. */
  stop(): Promise<void>
}
