import { acrossZones } from '../../objects/spread.ts'
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

/**
 * Several pods run on different nodes and, where they can, in different zones; at most one of them may be evicted at a
 * time.
 */
export function placement(cluster: string, component: 'pxc' | 'haproxy' | 'proxysql', size: number) {
  return {
    affinity: { antiAffinityTopologyKey: size > 1 ? 'kubernetes.io/hostname' : 'none' },
    ...(size > 1 && { topologySpreadConstraints: acrossZones(podLabels(cluster, component)) }),
    podDisruptionBudget: { maxUnavailable: 1 },
    podSecurityContext: podSecurity,
    containerSecurityContext: containerSecurity,
  }
}

/** The labels that the operator gives to the pods of a component. */
function podLabels(cluster: string, component: string) {
  return {
    'app.kubernetes.io/name': 'percona-xtradb-cluster',
    'app.kubernetes.io/instance': cluster,
    'app.kubernetes.io/component': component,
  }
}
