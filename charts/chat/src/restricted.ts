import type { PodSecurityContext, SecurityContext } from 'cdk8s-plus-27/lib/imports/k8s.js'

/** The user that the images are built for. Any other works as well: nothing in them belongs to it. */
const USER = 10_001

/** What a pod needs to be admitted under the Pod Security level `restricted`, with the user of its image or of its operator. */
export const nonRootPod: PodSecurityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }

/** The same with a user, and the group of that number. */
export function restrictedPodOf(user: number): PodSecurityContext {
  return { ...nonRootPod, runAsUser: user, runAsGroup: user }
}

/** The same for a pod that writes to its own volumes. */
export function restrictedPodWithVolumesOf(user: number): PodSecurityContext {
  return { ...restrictedPodOf(user), fsGroup: user }
}

export const restrictedPod = restrictedPodOf(USER)
export const restrictedPodWithVolumes = restrictedPodWithVolumesOf(USER)

/** What each container needs under that level. */
export const unprivilegedContainer: SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
}

/** The same, and a root file system that nothing can be written to. */
export const restrictedContainer: SecurityContext = { ...unprivilegedContainer, readOnlyRootFilesystem: true }
