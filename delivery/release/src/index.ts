export { type Released, releasedEnvironment } from './environments.ts'
export { readSource } from './source.ts'
export { isOlder, releaseVersion, versionOf } from './version.ts'
