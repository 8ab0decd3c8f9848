import { jobName, type Model } from '@chat-app/chat'
import { at } from '../../runtime/json.ts'
import type { KubeObject } from '../../runtime/types.ts'
import type { Release } from './release.ts'

/** The migration Job of a release: the rendered one with the release's pods, named by its content. */
export function migrationJob(rendered: KubeObject, model: Model, { templates }: Release): KubeObject {
  const spec = { ...at<object>(rendered, 'spec'), template: templates.migrate }
  return { ...rendered, metadata: { ...rendered.metadata, name: jobName(model.names.migrate, spec) }, spec }
}
