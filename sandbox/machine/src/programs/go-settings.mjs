// Plain JavaScript without packages: `npm ci` runs at the same time as the first build, which fills Go's cache. The
// later build finds those packages only if it uses the same settings.
import { availableParallelism, freemem } from 'node:os'

const MIB = 1024 * 1024
/** What a compiler process needs for the largest package of Kubernetes. */
const MIN_COMPILER_MEMORY_BYTES = 1024 * MIB

/** See go-settings.d.mts. */
export const COMPILE_FLAGS = [
  '-trimpath',
  // No VCS stamp: git refuses to read a checkout that another user owns, and the result must depend on the sources
  // alone.
  '-buildvcs=false',
  // The linker omits debug information (-s -w), so the compiler does not have to write it.
  '-gcflags=all=-dwarf=false',
  // Without inlining, the packages of Kubernetes compile in a sixth less time. The API server uses no more CPU time for
  // the same requests, because the functions that are called most are in other packages.
  '-gcflags=k8s.io/...=-dwarf=false -l',
]

/** See go-settings.d.mts. */
export function goEnvironment(availableBytes = process.availableMemory?.() ?? freemem()) {
  // One compiler process for each core, and the go command.
  const shareBytes = Math.floor(availableBytes / (availableParallelism() + 1))
  const collector = shareBytes < MIN_COMPILER_MEMORY_BYTES ? {} : { GOGC: 'off', GOMEMLIMIT: String(shareBytes) }
  const own = { CGO_ENABLED: '0', GOWORK: 'off', GO111MODULE: 'on', GOOS: '', GOARCH: '' }
  return { ...collector, ...process.env, ...own }
}
