// Plain JavaScript without packages: a build is begun while npm installs them, and goes on from what that has put into
// Go's cache, so both must have the same settings.
import { availableParallelism, freemem } from 'node:os'

const MIB = 1024 * 1024
/** A compiler needs about this much for the largest package of Kubernetes. */
const LEAST_COMPILER_MEMORY_BYTES = 1024 * MIB

/** See go-settings.d.mts. */
export const COMPILE_FLAGS = [
  '-trimpath',
  // No VCS stamp: git refuses to read a checkout of another user's, and the result should depend on the sources alone.
  '-buildvcs=false',
  // The linker leaves out what debuggers read (-s -w), so the compiler need not write it.
  '-gcflags=all=-dwarf=false',
]

/** See go-settings.d.mts. */
export function goEnvironment(availableBytes = process.availableMemory?.() ?? freemem()) {
  // As many compilers as cores, and go itself.
  const shareBytes = Math.floor(availableBytes / (availableParallelism() + 1))
  const collector = shareBytes < LEAST_COMPILER_MEMORY_BYTES ? {} : { GOGC: 'off', GOMEMLIMIT: String(shareBytes) }
  const ours = { CGO_ENABLED: '0', GOWORK: 'off', GO111MODULE: 'on', GOOS: '', GOARCH: '' }
  return { ...collector, ...process.env, ...ours }
}
