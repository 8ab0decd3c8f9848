import type { KubernetesObject } from '@chat-app/chat'

interface Container {
  readonly securityContext: object
  readonly ports: readonly object[]
  readonly [field: string]: unknown
}

interface PodSpec {
  readonly securityContext: object
  readonly containers: readonly [Container]
  readonly volumes: readonly object[]
  readonly [field: string]: unknown
}

interface Violation {
  /** The field that is changed, for the name of the test. */
  readonly field: string
  readonly change: (spec: PodSpec) => object
  /** The text that the API server's error must contain. */
  readonly reason: string
}

const ofPod = (field: string, value: unknown, reason: string): Violation => ({
  field: `pod ${field}=${JSON.stringify(value)}`,
  change: (spec) => ({ ...spec, [field]: value }),
  reason,
})

const ofPodContext = (field: string, value: unknown, reason: string): Violation => ({
  field: `pod securityContext.${field}=${JSON.stringify(value)}`,
  change: (spec) => ({ ...spec, securityContext: { ...spec.securityContext, [field]: value } }),
  reason,
})

const ofContainer = (field: string, value: unknown, reason: string): Violation => ({
  field: `container securityContext.${field}=${JSON.stringify(value)}`,
  change: (spec) =>
    withContainer(spec, ({ securityContext }) => ({ securityContext: { ...securityContext, [field]: value } })),
  reason,
})

const ofVolume = (type: string, source: object, reason: string): Violation => ({
  field: `volume of type ${type}`,
  change: (spec) => ({ ...spec, volumes: [...spec.volumes, { name: 'more', [type]: source }] }),
  reason,
})

/** Every restriction of the Pod Security level `restricted`, violated one at a time. */
export const violations: readonly Violation[] = [
  ofPod('hostNetwork', true, 'host namespaces (hostNetwork=true)'),
  ofPod('hostPID', true, 'host namespaces (hostPID=true)'),
  ofPod('hostIPC', true, 'host namespaces (hostIPC=true)'),
  {
    field: 'container hostPort',
    change: (spec) => withContainer(spec, () => ({ ports: [{ containerPort: 8080, hostPort: 8080 }] })),
    reason: 'uses hostPort 8080',
  },
  {
    field: 'container securityContext.privileged=true',
    // The API server refuses privileged=true together with allowPrivilegeEscalation=false before it checks Pod
    // Security.
    change: (spec) =>
      withContainer(spec, ({ securityContext }) => ({
        securityContext: { ...securityContext, privileged: true, allowPrivilegeEscalation: undefined },
      })),
    reason: 'must not set securityContext.privileged=true',
  },
  ofContainer('allowPrivilegeEscalation', true, 'allowPrivilegeEscalation != false'),
  ofContainer(
    'capabilities',
    { drop: ['ALL'], add: ['NET_ADMIN'] },
    'must not include "NET_ADMIN" in securityContext.capabilities.add',
  ),
  ofContainer('capabilities', { drop: ['NET_RAW'] }, 'must set securityContext.capabilities.drop=["ALL"]'),
  ofContainer(
    'seccompProfile',
    { type: 'Unconfined' },
    'must not set securityContext.seccompProfile.type to "Unconfined"',
  ),
  ofContainer('seLinuxOptions', { type: 'spc_t' }, 'set forbidden securityContext.seLinuxOptions: type "spc_t"'),
  ofContainer('runAsUser', 0, 'must not set runAsUser=0'),
  ofContainer('runAsNonRoot', false, 'must not set securityContext.runAsNonRoot=false'),
  ofPodContext('runAsNonRoot', undefined, 'must set securityContext.runAsNonRoot=true'),
  ofPodContext('runAsUser', 0, 'pod must not set runAsUser=0'),
  ofPodContext(
    'seccompProfile',
    undefined,
    'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
  ),
  ofPodContext('seLinuxOptions', { user: 'sysadm_u' }, 'user may not be set'),
  ofPodContext('appArmorProfile', { type: 'Unconfined' }, 'forbidden AppArmor profile'),
  ofPodContext('sysctls', [{ name: 'kernel.msgmax', value: '65536' }], 'forbidden sysctls (kernel.msgmax)'),
  ofVolume('hostPath', { path: '/var/log' }, 'uses restricted volume type "hostPath"'),
  ofVolume('nfs', { server: 'files', path: '/' }, 'uses restricted volume type "nfs"'),
]

/** A copy of the pod with one violation. */
export function violating(pod: KubernetesObject, { change }: Violation): KubernetesObject {
  return { ...pod, spec: change(pod['spec'] as PodSpec) }
}

function withContainer(spec: PodSpec, change: (container: Container) => object): object {
  const [first, ...more] = spec.containers
  return { ...spec, containers: [{ ...first, ...change(first) }, ...more] }
}
