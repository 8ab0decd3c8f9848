import { join } from 'node:path'
import { cachedKubernetes, COMPILE_FLAGS, onPath } from '@chat-app/sandbox-machine'
import type { Check } from './checks.ts'

const MODULE = join(import.meta.dirname, '..', '..', 'sandbox', 'machine', 'go', 'kubernetes')

/** `gofmt` and `go vet` for the Go module of Kubernetes; skipped without Go. */
export function goChecks(): Check[] {
  const withoutGo = onPath('go') ? {} : { skip: 'Go is not installed' }
  const withoutBuild = cachedKubernetes()
    ? {}
    : { skip: 'Kubernetes is not built on this machine yet, and go vet would compile it for minutes' }
  return [
    {
      name: 'Go format',
      command: ['gofmt', '-l', '-d', '.'],
      cwd: MODULE,
      failsOnOutput: /\S/,
      remedy: 'gofmt -w sandbox/machine/go/kubernetes',
      ...withoutGo,
    },
    {
      name: 'Go vet',
      // The same flags as the build, so that the compiled packages are in Go's cache.
      command: ['go', 'vet', ...COMPILE_FLAGS, '.'],
      env: { CGO_ENABLED: '0', GOWORK: 'off' },
      cwd: MODULE,
      ...withoutBuild,
      ...withoutGo,
    },
  ]
}
