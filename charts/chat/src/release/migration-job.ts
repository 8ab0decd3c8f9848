import { jobName } from '../job.ts'
import type { Model } from '../model.ts'
import type { Release } from './release.ts'

/** The migration Job of a release: the rendered one with the release's pods, named by its content. */
export function migrationJob<Job extends { readonly metadata: { readonly name: string }; readonly spec?: unknown }>(
  rendered: Job,
  { names }: Pick<Model, 'names'>,
  { templates }: Release,
): Job {
  const spec = { ...(rendered.spec as object | undefined), template: templates.migrate }
  return { ...rendered, metadata: { ...rendered.metadata, name: jobName(names.migrate, spec) }, spec }
}
