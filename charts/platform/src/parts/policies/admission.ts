import { API_VERSION, GROUP, PLURAL } from '@chat-app/crds'
import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'

/** The platform's namespaces. */
const NAMESPACE_SELECTOR = { matchLabels: { 'app.kubernetes.io/part-of': 'chat-app' } }

const API_VERSION_OF_ADMISSION = 'admissionregistration.k8s.io/v1'

/** Warns of images without a release tag in the pods and workloads of the platform's namespaces. */
export function imagePolicy(chart: Chart): void {
  const isRelease = (image: string) =>
    `(${image}.contains('@') || (${image}.matches(':[^:/]+$') && !${image}.endsWith(':latest')))`
  policy(chart, 'chat-app-image-release', {
    matchConstraints: {
      namespaceSelector: NAMESPACE_SELECTOR,
      resourceRules: [
        rule('', ['pods']),
        rule('apps', ['deployments', 'statefulsets', 'daemonsets']),
        rule('batch', ['jobs', 'cronjobs']),
      ],
    },
    variables: [
      {
        name: 'pod',
        // dyn() turns off the type check: the fields depend on the kind.
        expression: [
          "object.kind == 'Pod' ? dyn(object).spec",
          "object.kind == 'CronJob' ? dyn(object).spec.jobTemplate.spec.template.spec",
          'dyn(object).spec.template.spec',
        ].join(' : '),
      },
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
  policy(chart, 'chat-app-replicas', {
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

function rule(group: string, resources: string[], version = 'v1') {
  return { apiGroups: [group], apiVersions: [version], operations: ['CREATE', 'UPDATE'], resources }
}

// These policies only warn, so a policy that cannot be evaluated must not reject requests.
function policy(chart: Chart, name: string, spec: object): void {
  const metadata = { name, labels: platformLabels(name) }
  new Manifest(chart, name, {
    apiVersion: API_VERSION_OF_ADMISSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata,
    spec: { failurePolicy: 'Ignore', ...spec },
  })
  new Manifest(chart, `${name}-binding`, {
    apiVersion: API_VERSION_OF_ADMISSION,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: { policyName: name, validationActions: ['Warn', 'Audit'] },
  })
}
