/** The processes of the control plane that `Cluster.kill` accepts. */
export type Component = 'etcd' | 'kube-apiserver' | 'kube-controller-manager'

/** A running cluster. All its files are in `dir`. Its processes listen on loopback or in their own network namespace. */
export interface Cluster {
  readonly name: string
  readonly dir: string
  /** Path of the administrator's kubeconfig (client certificate, mode 0600). */
  readonly kubeconfig: string
  /** URL of the API server. */
  readonly server: string
  /** Path of a kubectl with the version of the cluster. */
  readonly kubectl: string
  /** Sends the signal to the component's process and waits until it has ended. It is restarted on the same port. */
  kill(component: Component, signal: NodeJS.Signals): Promise<void>
  /** Ends all processes and removes `dir`. Safe to call twice. */
  stop(): Promise<void>
}
