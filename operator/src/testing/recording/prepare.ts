import { apiVersionOf, pathOf, RESOURCES, type Resource } from '@chat-app/chat/resources'
import { eventually, must } from '@chat-app/testing'
import type { Client } from '../../runtime/client.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { definitionOf, FOREIGN_KINDS, GIVEN, NAMESPACE } from './inputs.ts'

const NAMESPACES: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' }
const DEFINITIONS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
}

/**
 * Makes what a cluster has before the ChatApps of a recording.
 *
 * @param install the objects that install a release, of which only the CRD is applied
 */
export async function prepare(client: Client, install: readonly KubeObject[]): Promise<void> {
  const definitions = [...FOREIGN_KINDS.map(definitionOf), ...install.filter(({ kind }) => kind === DEFINITIONS.kind)]
  for (const definition of definitions) await applyGiven(client, definition)
  for (const resource of FOREIGN_KINDS) await eventually(() => client.list(resource, NAMESPACE))
  for (const object of GIVEN) await eventually(() => applyGiven(client, object))
}

/** Applies an object of any kind that a recording needs, also of one that the operator does not know. */
export async function applyGiven(client: Client, object: KubeObject): Promise<void> {
  const ofKind = (each: Resource) => apiVersionOf(each) === object.apiVersion && each.kind === object.kind
  const resource = must([NAMESPACES, DEFINITIONS, ...FOREIGN_KINDS, ...RESOURCES].find(ofKind), object.kind)
  await client.request({
    method: 'PATCH',
    path: pathOf(resource, object.metadata.namespace, object.metadata.name),
    query: { fieldManager: 'kubectl', force: true },
    contentType: 'application/apply-patch+yaml',
    body: object,
  })
}
