/** The programs of a cluster. They are all built into one binary (see go/kubernetes). */
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

/** Called with one short line at the start of each step, and repeatedly during a long step. */
export type Progress = (text: string) => void
