import type { Environment } from '@chat-app/platform'
import { version as packageVersion } from '@chat-app/environments'
import { DEFAULT_REGISTRY } from '@chat-app/sandbox-images'

/** The version and the registry of a release. */
export interface Released {
  readonly version: string
  /** Registry and path before /operator and /chat-service. */
  readonly registry: string
}

/** An environment with the images of a release. Images that its values pin to another version or registry stay. */
export function releasedEnvironment(environment: Environment, { version, registry }: Released): Environment {
  const { operator, chatApp } = environment
  const own = registry === DEFAULT_REGISTRY ? {} : { registry }
  return {
    ...environment,
    operator: { ...own, ...operator, version: operator.version === packageVersion ? version : operator.version },
    chatApp: { ...chatApp, spec: releasedSpec(chatApp.spec, { version, registry }) },
  }
}

function releasedSpec(spec: Environment['chatApp']['spec'], { version, registry }: Released) {
  const images = registry === DEFAULT_REGISTRY ? spec.images : { registry, ...spec.images }
  return {
    ...spec,
    version: spec.version === packageVersion ? version : spec.version,
    ...(images !== undefined && { images }),
  }
}
