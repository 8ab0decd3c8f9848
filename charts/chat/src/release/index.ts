export { decide, goesBack, releaseTitle, takeBack, takenBackOf, type Decision } from './decide.ts'
export { migrationJob } from './migration-job.ts'
export { rollbackRefusal, schemaRefusal } from './minimum-version.ts'
export {
  isReleaseOf,
  pathsBetween,
  releaseOf,
  releaseSpec,
  rolling,
  rollingSecretsOf,
  type Release,
} from './release.ts'
export { restartedLike } from './restart.ts'
export { isRelease, lastGood, recordName, type StoredRelease } from './stored.ts'
export { sameOf, targetOf, updateAtOf, urgentFor, type Target } from './target.ts'
export { URGENT_FIXES, type UrgentFix } from './urgent.ts'
