import type { PodSecurityContext, SecurityContext } from 'cdk8s-plus-27/lib/imports/k8s.js'

/** The user that the images are built for. Any other works as well: nothing in them belongs to it. */
const USER = 10_001

/** What a pod needs to be admitted under the Pod Security level `restricted`. */
export const restrictedPod: PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  seccompProfile: { type: 'RuntimeDefault' },
}

/** The same for a pod that writes to its own volumes. */
export const restrictedPodWithVolumes: PodSecurityContext = { ...restrictedPod, fsGroup: USER }

/** What each of its containers needs, and a root file system that nothing can be written to. */
export const restrictedContainer: SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
}
