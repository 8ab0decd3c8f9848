import { API_VERSION, GROUP, KIND, PLURAL } from '@chat-app/crds'
import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import type { Cluster } from '../../environment/cluster.ts'
import type { Environment } from '../../environment/environment.ts'
import { platformLabels } from '../../objects/pod.ts'
import { chatModel } from '../chat-app.ts'
import { POD_SPEC, WORKLOADS } from './admission.ts'
import { celList, rule, validatingPolicy } from './validating-policy.ts'

const HOSTS = 'chat-app-hosts'
const ACME_SOLVER = 'quay.io/jetstack'
const CHAT_APPS = rule(GROUP, [PLURAL], API_VERSION.slice(GROUP.length + 1))

/** The policies that `policies.enforce` turns on, for the namespaces of ChatApps. */
export function enforcedPolicies(chart: Chart, cluster: Cluster): void {
  const { hosts, images, podTemplate } = cluster.environment.policies.enforce ?? {}
  if (hosts !== undefined) hostsPolicy(chart, cluster.environment)
  if (images !== undefined) imagesPolicy(chart, cluster)
  if (podTemplate) podTemplatePolicy(chart, cluster.environment)
}

/** The hosts of each namespace with ChatApps: those of the environment's own, and those that `policies.enforce` adds. */
export function allowedHosts({ chatApp, operator, policies }: Environment): Record<string, string[]> {
  const { hosts: own } = chatApp.spec.exposure ?? {}
  const namespaces = [...new Set([chatApp.namespace, ...operator.watchNamespaces])]
  return Object.fromEntries(
    namespaces.map((namespace) => [
      namespace,
      [
        ...(namespace === chatApp.namespace && own !== undefined ? [own.api, own.websocket] : []),
        ...(policies.enforce?.hosts?.[namespace] ?? []),
      ],
    ]),
  )
}

/**
 * Refuses hosts that the parameter object of the namespace does not list. The objects are in the operator's namespace,
 * so that who may write in a namespace of ChatApps cannot extend its list.
 */
function hostsPolicy(chart: Chart, environment: Environment): void {
  const { namespace: parameters } = environment.operator
  const lists = Object.entries(allowedHosts(environment))
  for (const [namespace, hosts] of lists)
    new Manifest(chart, `${HOSTS}-${namespace}-list`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${HOSTS}-${namespace}`, namespace: parameters, labels: platformLabels(HOSTS) },
      data: { hosts: [...new Set(hosts)].join('\n') },
    })
  const isAllowed = (host: string) =>
    `variables.listed.exists(entry, entry == ${host} || (entry.startsWith('*.') && ${host}.endsWith(entry.substring(1)) && !${host}.substring(0, size(${host}) - size(entry) + 1).contains('.')))`
  const spec = {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    matchConstraints: {
      resourceRules: [
        CHAT_APPS,
        rule('networking.k8s.io', ['ingresses']),
        rule('gateway.networking.k8s.io', ['httproutes', 'grpcroutes', 'tlsroutes'], '*'),
      ],
    },
    variables: [
      { name: 'listed', expression: "params.data.hosts.split('\\n')" },
      // dyn() turns off the type check: the fields depend on the kind.
      { name: 'spec', expression: 'dyn(object).spec' },
      {
        name: 'hosts',
        expression: [
          `object.kind == '${KIND}' ? (has(variables.spec.exposure) && has(variables.spec.exposure.hosts) ? variables.spec.exposure.hosts.map(key, variables.spec.exposure.hosts[key]) : [])`,
          // Without a host a rule, and always the default backend, serves all hosts that no other object names.
          `object.kind == 'Ingress' ? (has(variables.spec.rules) ? variables.spec.rules.map(each, has(each.host) ? each.host : '*') : []) + (has(variables.spec.defaultBackend) ? ['*'] : [])`,
          `(has(variables.spec.hostnames) && size(variables.spec.hostnames) > 0 ? variables.spec.hostnames : ['*'])`,
        ].join(' : '),
      },
      { name: 'refused', expression: `variables.hosts.filter(host, !${isAllowed('host')})` },
      {
        name: 'certificates',
        expression: `object.kind == 'Ingress' && has(variables.spec.tls) ? variables.spec.tls.filter(each, has(each.hosts) && !each.hosts.all(host, ${isAllowed('host')})).map(each, each.hosts[0]) : []`,
      },
    ],
    validations: [
      {
        expression: 'size(variables.refused) == 0',
        messageExpression: `'this namespace may not use the host ' + variables.refused.join(', ') + ', only ' + variables.listed.join(', ')`,
      },
      {
        expression: 'size(variables.certificates) == 0',
        messageExpression: `'this namespace may not have a certificate beside ' + variables.certificates.join(', ') + ', only for ' + variables.listed.join(', ')`,
      },
    ],
  }
  const bindings = lists.map(([namespace]) => ({
    name: `${HOSTS}-${namespace}`,
    namespaces: [namespace],
    paramRef: { name: `${HOSTS}-${namespace}`, namespace: parameters, parameterNotFoundAction: 'Deny' },
  }))
  validatingPolicy(chart, { name: HOSTS, spec, isEnforced: true }, bindings)
}

/** Refuses images from elsewhere than the registry of the ChatApp and what `policies.enforce` adds. */
function imagesPolicy(chart: Chart, cluster: Cluster): void {
  const { certificates, policies } = cluster.environment
  const registries = [
    chatModel(cluster).spec.images.registry,
    // Answers the challenges of Let's Encrypt over HTTP.
    ...(certificates?.acme?.ingressClassName === undefined ? [] : [ACME_SOLVER]),
    ...(policies.enforce?.images ?? []),
  ]
  // No further "/": the images of branches have a path below that of the releases.
  const isAllowed = `${celList(registries)}.exists(registry, each.startsWith(registry + '/') && !each.substring(size(registry) + 1).contains('/'))`
  const spec = {
    matchConstraints: { resourceRules: [...WORKLOADS, rule('', ['pods/ephemeralcontainers'])] },
    variables: [
      POD_SPEC,
      {
        name: 'images',
        expression: ['containers', 'initContainers', 'ephemeralContainers']
          .map((field) => `(has(variables.pod.${field}) ? variables.pod.${field}.map(each, each.image) : [])`)
          .join(' + '),
      },
      { name: 'refused', expression: `variables.images.filter(each, !(${isAllowed}))` },
    ],
    validations: [
      {
        expression: 'size(variables.refused) == 0',
        messageExpression: `'this namespace may not run ' + variables.refused.join(', ') + ', only images of ${registries.join(', ')}'`,
      },
    ],
  }
  validatingPolicy(chart, { name: 'chat-app-images', spec, isEnforced: true }, [namespacesOf(cluster.environment)])
}

/** Refuses what a podTemplate could reach the node or another account with, before there is a pod. */
function podTemplatePolicy(chart: Chart, environment: Environment): void {
  // Null removes a field of the rendered template.
  const list = (of: string, field: string) => `(has(${of}.${field}) && ${of}.${field} != null ? ${of}.${field} : [])`
  const isTrue = (of: string, field: string) => `(has(${of}.${field}) && ${of}.${field} == true)`
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].map((field) => list('spec', field))
  const refused: Readonly<Record<string, string>> = {
    'have a volume of the type hostPath': `${list('spec', 'volumes')}.exists(each, has(each.hostPath))`,
    'use the network, the processes or the IPC of the node': ['hostNetwork', 'hostPID', 'hostIPC']
      .map((field) => isTrue('spec', field))
      .join(' || '),
    'have a privileged container': `(${containers.join(' + ')}).exists(each, has(each.securityContext) && each.securityContext != null && ${isTrue('each.securityContext', 'privileged')})`,
    'name a ServiceAccount: the operator gives each service its own': ['serviceAccountName', 'serviceAccount']
      .map((field) => `(has(spec.${field}) && spec.${field} != null)`)
      .join(' || '),
  }
  const spec = {
    matchConstraints: { resourceRules: [CHAT_APPS] },
    variables: [
      // dyn() turns off the type check, which does not know objects as maps.
      { name: 'spec', expression: 'dyn(object).spec' },
      {
        name: 'components',
        expression:
          'variables.spec.filter(key, type(variables.spec[key]) == map).filter(key, has(variables.spec[key].podTemplate) && has(variables.spec[key].podTemplate.spec))',
      },
    ],
    validations: Object.entries(refused).map(([what, expression]) => ({
      expression: `!variables.components.map(key, variables.spec[key].podTemplate.spec).exists(spec, ${expression})`,
      message: `a podTemplate may not ${what}`,
    })),
  }
  const name = 'chat-app-pod-template'
  validatingPolicy(chart, { name, spec, isEnforced: true }, [namespacesOf(environment)])
}

function namespacesOf({ chatApp, operator }: Environment) {
  return { namespaces: [...new Set([chatApp.namespace, ...operator.watchNamespaces])] }
}
