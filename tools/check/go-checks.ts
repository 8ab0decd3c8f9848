import { join } from 'node:path'
import { cachedKubernetes, onPath } from '@chat-app/sandbox-machine'
import type { Check } from './checks.ts'

const MODULE = join(import.meta.dirname, '..', '..', 'sandbox', 'machine', 'go', 'kubernetes')

/** Format and `go vet` of our Go module, when Go is installed. */
export function goChecks(): Check[] {
  const noGo = onPath('go') ? {} : { skip: 'Go is not installed' }
  const notBuilt = cachedKubernetes()
    ? {}
    : { skip: 'the program was not built here yet (it would compile for minutes)' }
  return [
    {
      name: 'Go format',
      command: ['gofmt', '-l', '-d', '.'],
      cwd: MODULE,
      failsOnOutput: /\S/,
      remedy: 'gofmt -w sandbox/machine/go/kubernetes',
      ...noGo,
    },
    {
      name: 'Go vet',
      // The flags of the build, so that Go's cache has the compiled packages.
      command: ['go', 'vet', '-trimpath', '-buildvcs=false', '.'],
      env: { CGO_ENABLED: '0', GOWORK: 'off' },
      cwd: MODULE,
      ...notBuilt,
      ...noGo,
    },
  ]
}
