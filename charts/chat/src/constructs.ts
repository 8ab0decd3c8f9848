export { type Fault, faultText, faultsOf, fieldOf, shown } from './errors.ts'
export { hashedJob, jobName } from './job.ts'
export type { Labels } from './labels.ts'
export { Manifest } from './manifest.ts'
export { servicePorts } from './model.ts'
export { DATABASE_CONNECTIONS } from './limits.ts'
export { merged } from './overrides.ts'
export { amounts } from './objects/pod.ts'
export { MIGRATION } from './objects/migration.ts'
export {
  nonRootPod,
  restrictedContainer,
  restrictedPod,
  restrictedPodOf,
  restrictedPodWithVolumes,
  restrictedPodWithVolumesOf,
  unprivilegedContainer,
} from './restricted.ts'
export { role } from './role.ts'
