import { restrictedPodWithVolumesOf, unprivilegedContainer } from '@chat-app/chat/constructs'

/** The user and group `mysql` of Percona's images. */
const USER = 1001

/** The security context of a database pod: Pod Security `restricted`, and the user who owns the volumes. */
export const podSecurity = { ...restrictedPodWithVolumesOf(USER), supplementalGroups: [USER] }

/** The images write below `/etc` and `/tmp` when they start, so the root file system is not read-only. */
export const containerSecurity = { ...unprivilegedContainer, privileged: false }

/** Requests and limits from four quantities. */
export function resources(cpu: string, memory: string, cpuLimit: string, memoryLimit: string) {
  return { requests: { cpu, memory }, limits: { cpu: cpuLimit, memory: memoryLimit } }
}

/** Several pods run on different nodes; at most one of them may be evicted at a time. */
export function placement(size: number) {
  return {
    affinity: { antiAffinityTopologyKey: size > 1 ? 'kubernetes.io/hostname' : 'none' },
    podDisruptionBudget: { maxUnavailable: 1 },
    podSecurityContext: podSecurity,
    containerSecurityContext: containerSecurity,
  }
}
