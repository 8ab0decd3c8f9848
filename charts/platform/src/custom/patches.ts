import { JsonPatch } from 'cdk8s'
import { merged } from '@chat-app/chat/constructs'
import type { KubernetesObject } from '@chat-app/chat'
import type { Operation, PatchValues } from '../environment/custom.ts'
import { HASH } from './rename.ts'

/** A patch that cannot be applied: which one, to what, and why. */
export class PatchError extends Error {
  override readonly name = 'PatchError'
  /** The number of the patch in the values, from 0. */
  readonly index: number

  constructor(index: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.index = index
  }
}

/**
 * Applies the patches whose target is the object, in their order.
 *
 * @throws PatchError for operations that the object does not allow, and for another kind or name
 */
export function patched(patches: readonly PatchValues[]): (object: KubernetesObject) => KubernetesObject {
  return (object) =>
    patches.reduce(
      (changed, patch, index) => (isTarget(patch, object) ? apply(changed, patch, index) : changed),
      object,
    )
}

/** Whether a patch is for an object. */
export function isTarget({ target }: PatchValues, { kind, metadata }: KubernetesObject): boolean {
  const name = kind === 'Job' ? metadata.name.replace(HASH, '') : metadata.name
  return (
    kind === target.kind &&
    (name === target.name || metadata.name === target.name) &&
    (target.namespace === undefined || target.namespace === metadata.namespace)
  )
}

function apply(object: KubernetesObject, { strategic, json, target }: PatchValues, index: number): KubernetesObject {
  const changed = strategic === undefined ? byOperations(object, json ?? [], index) : merged(object, strategic)
  if (changed.kind !== object.kind || changed.apiVersion !== object.apiVersion || nameOf(changed) !== nameOf(object))
    throw new PatchError(
      index,
      `must not change the kind, apiVersion, name or namespace of ${target.kind} ${nameOf(object)}`,
    )
  return changed
}

function byOperations(object: KubernetesObject, operations: readonly Operation[], index: number): KubernetesObject {
  return operations.reduce((changed, values) => {
    const refused = (why: string, cause?: unknown) =>
      new PatchError(index, `cannot be applied to ${object.kind} ${nameOf(object)}: ${why}`, { cause })
    const missing = missingPointer(changed, values)
    if (missing !== undefined) throw refused(`${values.op} ${values.path}: there is no ${missing}`)
    try {
      return JsonPatch.apply(changed, operation(values)) as KubernetesObject
    } catch (error) {
      // The library adds the whole document to its message.
      throw refused(`${values.op} ${values.path}: ${(error as Error).message.split('\n')[0] ?? ''}`, error)
    }
  }, object)
}

/** The pointer that must lead to a value and does not: the library would remove or replace nothing. */
function missingPointer(object: KubernetesObject, values: Operation): string | undefined {
  const parent = values.path.slice(0, values.path.lastIndexOf('/'))
  const needed = {
    add: [parent],
    replace: [values.path],
    test: [values.path],
    remove: [values.path],
    move: ['from' in values ? values.from : '', parent],
    copy: ['from' in values ? values.from : '', parent],
  }[values.op]
  return needed.find((pointer) => !leads(object, pointer))
}

function leads(object: unknown, pointer: string): boolean {
  const steps = pointer.split('/').slice(1)
  let value = object
  for (const step of steps) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
    value = (value as Record<string, unknown>)[key]
  }
  return true
}

function operation(values: Operation): JsonPatch {
  switch (values.op) {
    case 'add':
      return JsonPatch.add(values.path, values.value)
    case 'replace':
      return JsonPatch.replace(values.path, values.value)
    case 'test':
      return JsonPatch.test(values.path, values.value)
    case 'remove':
      return JsonPatch.remove(values.path)
    case 'move':
      return JsonPatch.move(values.from, values.path)
    case 'copy':
      return JsonPatch.copy(values.from, values.path)
    default:
      return values satisfies never
  }
}

function nameOf({ metadata: { namespace, name } }: KubernetesObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}
