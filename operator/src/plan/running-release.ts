import { REVISION } from '@chat-app/chat'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { hashOf } from './hash.ts'
import { DESIRED_HASH, sealed, TEMPLATE_HASH } from './seal.ts'

/**
 * The Deployment with the pod template of the release that runs, and everything else as desired. The template is the one that
 * the operator has sent, as its record has it: the live one also has the fields of others, which would become the operator's.
 *
 * @param live the live Deployment; without one its release is that of the newest record
 * @param children the live children, among them the records
 * @returns undefined when there is no record of it
 */
export function ofRunningRelease(
  desired: KubeObject,
  live: KubeObject | undefined,
  children: readonly KubeObject[],
): KubeObject | undefined {
  const record = recordOf(desired.metadata.name, live, children)
  if (record === undefined) return undefined
  const { template, number } = record
  const revision = live?.metadata.annotations?.[REVISION] ?? number
  return resealed(desired, { template }, { [REVISION]: revision })
}

/** A sealed object with another spec, and another seal. */
export function resealed(object: KubeObject, spec: object, annotations: Record<string, string> = {}): KubeObject {
  const { [DESIRED_HASH]: _, [TEMPLATE_HASH]: _template, ...own } = object.metadata.annotations ?? {}
  const metadata = { ...object.metadata, annotations: { ...own, ...annotations } }
  return sealed({ ...object, metadata, spec: { ...at<object>(object, 'spec'), ...spec } })
}

function recordOf(name: string, live: KubeObject | undefined, children: readonly KubeObject[]) {
  const records = children
    .filter(({ kind }) => kind === 'ControllerRevision')
    .sort((a, b) => Number(b['revision']) - Number(a['revision']))
    .map((each) => ({ template: at<object>(each, 'data', 'templates', name), number: String(each['revision']) }))
  const sent = live?.metadata.annotations?.[TEMPLATE_HASH]
  return records.find(({ template }) => template !== undefined && (live === undefined || hashOf(template) === sent))
}
