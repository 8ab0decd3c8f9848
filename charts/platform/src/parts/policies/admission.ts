import { API_VERSION, GROUP, PLURAL } from '@chat-app/crds'
import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'

/** The platform's namespaces. */
const namespaceSelector = { matchLabels: { 'app.kubernetes.io/part-of': 'chat-app' } }

const ADMISSION = 'admissionregistration.k8s.io/v1'

/** Warns of images without a release, wherever pods come from in the platform's namespaces. */
export function imagePolicy(chart: Chart): void {
  const isRelease = (image: string) =>
    `(${image}.contains('@') || (${image}.matches(':[^:/]+$') && !${image}.endsWith(':latest')))`
  policy(chart, 'chat-app-image-release', {
    matchConstraints: {
      namespaceSelector,
      resourceRules: [
        rule('', ['pods']),
        rule('apps', ['deployments', 'statefulsets', 'daemonsets']),
        rule('batch', ['jobs', 'cronjobs']),
      ],
    },
    variables: [
      {
        name: 'pod',
        // dyn: the kinds have different fields, and which it is shows only then.
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

/** Warns of a ChatApp with one pod of a service: when its node is lost nobody is served until there is another. */
export function replicasPolicy(chart: Chart): void {
  const fewest = (component: string) =>
    `(has(object.spec.${component}.autoscaling) ? object.spec.${component}.autoscaling.minReplicas : object.spec.${component}.replicas)`
  policy(chart, 'chat-app-replicas', {
    matchConstraints: {
      namespaceSelector,
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

// A warning is worth no outage: where the policy itself cannot be evaluated, everything is taken.
function policy(chart: Chart, name: string, spec: object): void {
  const metadata = { name, labels: platformLabels(name) }
  new Manifest(chart, name, {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata,
    spec: { failurePolicy: 'Ignore', ...spec },
  })
  new Manifest(chart, `${name}-binding`, {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: { policyName: name, validationActions: ['Warn', 'Audit'] },
  })
}
