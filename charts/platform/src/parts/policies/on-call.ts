import { DECISIONS } from '@chat-app/chat/annotations'
import { API_VERSION, GROUP, PLURAL } from '@chat-app/crds'
import type { Chart } from 'cdk8s'
import type { Environment } from '../../environment/environment.ts'
import { celList, rule, validatingPolicy } from './validating-policy.ts'

/** The fields of a ChatApp's spec that people on call may change. */
const FIELDS = ['paused', 'hibernated']

/** The annotations by which they ask for an update, a restart, another try of a release, and a rollback. */
const ANNOTATIONS = Object.values(DECISIONS)

/** Metadata that the API server itself changes with each update, and the annotations, which have a rule of their own. */
const METADATA = ['annotations', 'generation', 'managedFields', 'resourceVersion']

/**
 * Refuses to the groups on call whatever RBAC cannot: all but a few fields and annotations of a ChatApp. It goes through
 * the keys of the object, so a field that is added later is refused too.
 */
export function onCallPolicy(chart: Chart, { chatApp, operator, policies }: Environment): void {
  const { onCall = [], onCallScale = false } = policies.access ?? {}
  if (onCall.length === 0) return
  // A request for the object itself has no field `subResource`.
  const isMain = "variables.subresource == ''"
  const isScale = "variables.subresource == 'scale'"
  const name = 'chat-app-on-call'
  const namespaces = [...new Set([chatApp.namespace, ...operator.watchNamespaces])]
  const spec = {
    matchConstraints: {
      resourceRules: [rule(GROUP, [PLURAL, `${PLURAL}/*`], API_VERSION.slice(GROUP.length + 1), ['*'])],
    },
    matchConditions: [
      { name: 'on-call', expression: `request.userInfo.groups.exists(group, group in ${celList(onCall)})` },
    ],
    variables: [
      { name: 'subresource', expression: "has(request.subResource) ? request.subResource : ''" },
      // dyn() turns off the type check, which does not know objects as maps.
      ...changedKeys('spec', 'dyn(object).spec', 'dyn(oldObject).spec', FIELDS),
      ...changedKeys('metadata', 'dyn(object).metadata', 'dyn(oldObject).metadata', METADATA),
      ...changedKeys('annotations', annotationsOf('object'), annotationsOf('oldObject'), ANNOTATIONS),
    ],
    validations: [
      {
        expression: "request.operation == 'UPDATE'",
        message: 'people on call may neither create nor delete a ChatApp',
        reason: 'Forbidden',
      },
      {
        expression: onCallScale ? `${isMain} || ${isScale}` : isMain,
        messageExpression: "'people on call may not change ' + request.resource.resource + '/' + variables.subresource",
        reason: 'Forbidden',
      },
      ...[
        { part: 'spec', prefix: 'spec.', allowed: FIELDS },
        { part: 'metadata', prefix: 'metadata.', allowed: [] },
        { part: 'annotations', prefix: 'the annotation ', allowed: ANNOTATIONS },
      ].map(({ part, prefix, allowed }) => ({
        expression: `!(${isMain}) || request.operation != 'UPDATE' || size(variables.${part}) == 0`,
        messageExpression: `'people on call may not change ${prefix}' + variables.${part}.join(', ${prefix}')${
          allowed.length === 0 ? '' : ` + ', only ${allowed.join(', ')}'`
        }`,
        reason: 'Forbidden',
      })),
    ],
  }
  validatingPolicy(chart, { name, spec, isEnforced: true }, [{ namespaces }])
}

/** Variables with the keys of a map that were added, changed or removed, apart from those that may be. */
function changedKeys(name: string, now: string, before: string, allowed: readonly string[]) {
  const [after, old] = [`variables.${name}Now`, `variables.${name}Before`]
  const changed = `${after}.filter(key, !(key in ${old}) || ${after}[key] != ${old}[key])`
  const removed = `${old}.filter(key, !(key in ${after}))`
  return [
    { name: `${name}Now`, expression: now },
    { name: `${name}Before`, expression: before },
    { name, expression: `(${changed} + ${removed}).filter(key, !(key in ${celList(allowed)}))` },
  ]
}

function annotationsOf(object: string): string {
  return `has(${object}.metadata.annotations) ? dyn(${object}.metadata.annotations) : dyn({})`
}
