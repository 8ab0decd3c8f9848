import { restrictedPodWithVolumesOf, unprivilegedContainer } from '@chat-app/chat/constructs'

/** The user and group `mysql` of Percona's images. */
const USER = 1001

/** What the operator gives to a pod of the database: the level `restricted`, and the user who owns the volumes. */
export const podSecurity = { ...restrictedPodWithVolumesOf(USER), supplementalGroups: [USER] }

/** The images write below `/etc` and `/tmp` at start, so their root file systems are not read-only. */
export const containerSecurity = { ...unprivilegedContainer, privileged: false }

/** Requests and limits of a container beside the main one. */
export function resources(cpu: string, memory: string, cpuLimit: string, memoryLimit: string) {
  return { requests: { cpu, memory }, limits: { cpu: cpuLimit, memory: memoryLimit } }
}

/** Each pod on a node of its own, and at most one of them away at a time. A single pod may go where it likes. */
export function placement(size: number) {
  return {
    affinity: { antiAffinityTopologyKey: size > 1 ? 'kubernetes.io/hostname' : 'none' },
    podDisruptionBudget: { maxUnavailable: 1 },
    podSecurityContext: podSecurity,
    containerSecurityContext: containerSecurity,
  }
}
