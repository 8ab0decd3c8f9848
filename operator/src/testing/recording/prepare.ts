import type { Resource } from '@chat-app/chat/resources'
import { eventually } from '@chat-app/testing'
import type { Client } from '../../runtime/client.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { registerResource } from '../../runtime/resources.ts'
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
 * @param install the objects of an `install.yaml`, of which only the CRD is applied
 */
export async function prepare(client: Client, install: readonly KubeObject[]): Promise<void> {
  for (const resource of [NAMESPACES, DEFINITIONS, ...FOREIGN_KINDS]) registerResource(resource)
  const definitions = [...FOREIGN_KINDS.map(definitionOf), ...install.filter(({ kind }) => kind === DEFINITIONS.kind)]
  for (const definition of definitions) await apply(client, definition)
  for (const resource of FOREIGN_KINDS) await eventually(() => client.list(resource, NAMESPACE))
  for (const object of GIVEN) await eventually(() => apply(client, object))
}

async function apply(client: Client, object: KubeObject): Promise<void> {
  await client.apply(object, { fieldManager: 'kubectl', force: true })
}
