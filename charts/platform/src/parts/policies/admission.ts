import { API_VERSION, GROUP, PLURAL } from '@chat-app/crds'
import type { Chart } from 'cdk8s'
import { rule, validatingPolicy } from './validating-policy.ts'

/** The platform's namespaces. */
const NAMESPACE_SELECTOR = { matchLabels: { 'app.kubernetes.io/part-of': 'chat-app' } }

/** Whatever has a pod or a template of one. */
export const WORKLOADS = [
  rule('', ['pods']),
  rule('apps', ['deployments', 'statefulsets', 'daemonsets']),
  rule('batch', ['jobs', 'cronjobs']),
]

/** The variable `pod`: the spec of the pod, or of the template. */
export const POD_SPEC = {
  name: 'pod',
  // dyn() turns off the type check: the fields depend on the kind.
  expression: [
    "object.kind == 'Pod' ? dyn(object).spec",
    "object.kind == 'CronJob' ? dyn(object).spec.jobTemplate.spec.template.spec",
    'dyn(object).spec.template.spec',
  ].join(' : '),
}

/** Warns of images without a release tag in the pods and workloads of the platform's namespaces. */
export function imagePolicy(chart: Chart): void {
  const isRelease = (image: string) =>
    `(${image}.contains('@') || (${image}.matches(':[^:/]+$') && !${image}.endsWith(':latest')))`
  warning(chart, 'chat-app-image-release', {
    matchConstraints: {
      namespaceSelector: NAMESPACE_SELECTOR,
      resourceRules: WORKLOADS,
    },
    variables: [
      POD_SPEC,
      {
        name: 'wrong',
        expression: `(variables.pod.containers + (has(variables.pod.initContainers) ? variables.pod.initContainers : [])).filter(c, !${isRelease('c.image')}).map(c, c.image)`,
      },
    ],
    validations: [
      {
        expression: 'size(variables.wrong) == 0',
        messageExpression:
          "'name a release in the tag: the content of ' + variables.wrong.join(', ') + ' can change without notice'",
      },
    ],
  })
}

/** Warns of a ChatApp with one pod of a service, which stops when the node of the pod fails. */
export function replicasPolicy(chart: Chart): void {
  const fewest = (component: string) =>
    `(has(object.spec.${component}.autoscaling) ? object.spec.${component}.autoscaling.minReplicas : object.spec.${component}.replicas)`
  warning(chart, 'chat-app-replicas', {
    matchConstraints: {
      namespaceSelector: NAMESPACE_SELECTOR,
      resourceRules: [rule(GROUP, [PLURAL], API_VERSION.slice(GROUP.length + 1))],
    },
    validations: ['api', 'websocket'].map((component) => ({
      expression: `(has(object.spec.hibernated) && object.spec.hibernated) || ${fewest(component)} >= 2`,
      message: `spec.${component} has one pod: the service stops when its node fails. Set replicas or autoscaling.minReplicas to 2 or more`,
    })),
  })
}

function warning(chart: Chart, name: string, spec: object): void {
  validatingPolicy(chart, { name, spec, isEnforced: false })
}
