import { z } from 'zod'
import { objectName } from './fields.ts'

/** How GitLab's pipeline deploys the environment: from it come the jobs `deploy-NAME` of `.gitlab-ci.yml`. */
export const pipelineValues = z
  .strictObject({
    /** The pipelines with the job: those of the branch `develop`, or those of the tags of releases. */
    on: z.enum(['develop', 'tag']),
    start: z.enum(['automatic', 'manual']),
    /** An environment of the same pipelines that must be deployed before. @default none */
    after: objectName().exactOptional(),
    tier: z.enum(['development', 'testing', 'staging', 'production']),
    /** The environment of GitLab, which scopes variables. @default the name of the environment */
    environment: objectName().exactOptional(),
  })
  .readonly()
