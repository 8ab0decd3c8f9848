/** The programs a cluster is made of; one binary of ours can be each of them (see go/kubernetes). */
export const BINARIES = [
  'coredns',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-proxy',
  'kube-scheduler',
  'kubectl',
  'kubelet',
] as const
export type Binary = (typeof BINARIES)[number]

/** Called with one short line for each step, and while a long one goes on. */
export type Progress = (text: string) => void
