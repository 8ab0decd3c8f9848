import { GROUP, PLURAL } from '@chat-app/crds'
import type { Chart } from 'cdk8s'
import {
  KubeClusterRole,
  KubeClusterRoleBinding,
  KubeRole,
  KubeRoleBinding,
  type PolicyRule,
} from 'cdk8s-plus-27/lib/imports/k8s.js'
import { platformLabels } from '../../objects/pod.ts'
import type { Environment } from '../../environment/environment.ts'

const VIEWER = 'chat-app-viewer'
const ON_CALL = 'chat-app-on-call'
const RBAC_GROUP = 'rbac.authorization.k8s.io'
const READ = ['get', 'list', 'watch']

/** The role that views ChatApps in all namespaces, and the role of people on call in the namespace of the ChatApps. */
export function access(chart: Chart, { chatApp: { namespace }, policies }: Environment): void {
  viewer(chart, policies.access?.viewers ?? [])
  onCall(chart, namespace, policies.access)
}

/** The ClusterRole is also aggregated to the ClusterRole `view`. */
function viewer(chart: Chart, groups: readonly string[]): void {
  new KubeClusterRole(chart, VIEWER, {
    metadata: { name: VIEWER, labels: { ...platformLabels(VIEWER), [`${RBAC_GROUP}/aggregate-to-view`]: 'true' } },
    rules: [{ apiGroups: [GROUP], resources: [PLURAL], verbs: READ }],
  })
  if (groups.length === 0) return
  new KubeClusterRoleBinding(chart, `${VIEWER}-binding`, {
    metadata: { name: VIEWER, labels: platformLabels(VIEWER) },
    roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: VIEWER },
    subjects: groups.map(group),
  })
}

/**
 * People on call may change a ChatApp, of which a policy leaves them only what they need (`on-call.ts`), and read the objects that explain its state, but no Secrets, and
 * exec into no pod.
 */
function onCall(chart: Chart, namespace: string, access: Environment['policies']['access']): void {
  const { onCall: groups = [], onCallScale = false } = access ?? {}
  const metadata = { name: ON_CALL, namespace, labels: platformLabels(ON_CALL) }
  const rules: PolicyRule[] = [
    { apiGroups: [GROUP], resources: [PLURAL], verbs: [...READ, 'patch', 'update'] },
    ...(onCallScale ? [{ apiGroups: [GROUP], resources: [`${PLURAL}/scale`], verbs: ['get', 'patch', 'update'] }] : []),
    { apiGroups: [''], resources: ['pods', 'pods/log', 'events', 'services', 'configmaps'], verbs: READ },
    { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: READ },
    { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: READ },
    { apiGroups: ['batch'], resources: ['jobs'], verbs: READ },
    { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: READ },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: READ },
  ]
  new KubeRole(chart, ON_CALL, { metadata, rules })
  if (groups.length === 0) return
  new KubeRoleBinding(chart, `${ON_CALL}-binding`, {
    metadata,
    roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name: ON_CALL },
    subjects: groups.map(group),
  })
}

function group(name: string) {
  return { apiGroup: RBAC_GROUP, kind: 'Group', name }
}
