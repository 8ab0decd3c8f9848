import { apiVersionOf, RESOURCES, type Resource } from '@chat-app/chat/resources'
import type { KubeObject } from './types.ts'

const byTypeName = new Map(RESOURCES.map((known) => [typeNameOf(known), known]))

/**
 * The resource of an object, by its apiVersion and kind.
 * @throws Error for a kind that is not registered, since its plural cannot be derived
 */
export function resourceOf(object: Pick<KubeObject, 'apiVersion' | 'kind'>): Resource {
  const known = byTypeName.get(`${object.apiVersion}/${object.kind}`)
  if (known === undefined) throw new Error(`kind ${object.apiVersion} ${object.kind} is not registered as a resource`)
  return known
}

function typeNameOf(resource: Resource): string {
  return `${apiVersionOf(resource)}/${resource.kind}`
}
