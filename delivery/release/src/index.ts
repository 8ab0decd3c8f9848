export { type Released, releasedEnvironment } from './environments.ts'
export { readSource } from './source.ts'
export { releaseVersion, versionOf } from './version.ts'
