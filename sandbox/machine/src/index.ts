export {
  createAuthority,
  signingKeyPair,
  type Authority,
  type Identity,
  type IdentityFiles,
} from './certificates/authority.ts'
export { missingTools } from './debian/machine.ts'
export { debianPackages, debianRoot, inRoot, type DebianPackages } from './debian/root.ts'
export { binaries, whyNoBinaries } from './programs/binaries.ts'
export { checkov, whyNoCheckov } from './programs/checkov.ts'
export { buildProgram, cachedProgram, type GoModule } from './programs/go-module.ts'
export { COMPILE_FLAGS } from './programs/go-settings.mjs'
export { cachedKubernetes } from './programs/kubernetes.ts'
export { tool, whyNoTool, type Tool } from './programs/tools.ts'
export { logTail, PACKAGE_FOLDER, stopAndRemove, startSupervisor, stopSupervisor } from './supervisor/client.ts'
export { logFile, planFile, readState, type SupervisorPlan } from './supervisor/plan.ts'
export { isServing } from './supervisor/probe.ts'
export type { ProcessSpec, ProcessState } from './supervisor/process.ts'
export { abortable } from './system/abortable.ts'
export { cacheDir } from './system/cache.ts'
export { locked } from './system/lock.ts'
export { onPath } from './system/on-path.ts'
export { freePorts } from './system/ports.ts'
export { identify, isAlive, signalProcess, type ProcessIdentity } from './system/process-identity.ts'
export { HANG_MS, waitFor } from './system/wait.ts'
export { BINARIES, type Binary, type Progress } from './types.ts'
