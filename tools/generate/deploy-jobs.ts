import { assertPipeline, clustersOf, type Environment } from '@chat-app/platform'
import { between } from './between.ts'

const STAGES = '  # Stages of the deployments, from environments/ by `npm run generate`.\n'
const JOBS = '# The deployments, from environments/ by `npm run generate`.\n'
const END = '# End of the deployments.\n'

/**
 * Replaces the stages and jobs that deploy environments in a pipeline of GitLab.
 *
 * @throws Error when the pipeline lacks the comments that enclose them, or the deployments do not fit each other
 */
export function withDeployJobs(pipeline: string, environments: readonly Environment[]): string {
  assertPipeline(environments)
  const deployed = environments.filter((environment) => environment.pipeline !== undefined)
  const stages = deployed.map(({ name }) => `  - deploy-${name}\n`).join('')
  const jobs = deployed.map(job).join('\n')
  return between(between(pipeline, STAGES, `  ${END}`, stages), JOBS, END, `\n${jobs}\n`)
}

const NEEDS = `  needs:
    - job: package
      artifacts: false
    - job: images
      artifacts: false
      optional: true
    - job: sign
      artifacts: false
      optional: true
`

function job(environment: Environment): string {
  const { name, pipeline, regions, chatApp } = environment
  if (pipeline === undefined) return ''
  const { on, start, after, tier, environment: gitLab = name } = pipeline
  const regionNames = clustersOf(environment).flatMap(({ region }) => region?.own.name ?? [])
  const host = chatApp.spec.exposure?.hosts?.api
  return `deploy-${name}:
  extends: .deploy
  stage: deploy-${name}
${after === undefined ? '' : `${NEEDS}    - deploy-${after}\n`}  variables:
    CHAT_APP_ENVIRONMENT: ${quoted(name)}
${regions === undefined ? '' : `  parallel:\n    matrix:\n      - CHAT_APP_CLUSTER: [${regionNames.map(quoted).join(', ')}]\n  # One region after the other.\n`}  resource_group: ${quoted(gitLab)}
  environment:
    name: ${quoted(regions === undefined ? gitLab : `${gitLab}/$CHAT_APP_CLUSTER`)}
${host === undefined ? '' : `    url: https://${host}\n`}    deployment_tier: ${tier}
  rules:
    - if: ${on === 'tag' ? '$CI_COMMIT_TAG' : '$CI_COMMIT_BRANCH == "develop"'}
${start === 'automatic' ? '' : `      when: manual\n      allow_failure: ${on === 'develop'}\n`}`
}

/** A string of YAML, also where a name such as `on` or `yes` is a boolean without quotes. */
function quoted(name: string): string {
  return `'${name}'`
}
