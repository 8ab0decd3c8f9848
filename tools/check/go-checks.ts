import { join } from 'node:path'
import { cachedKubernetes, onPath } from '@chat-app/sandbox-machine'
import type { Check } from './checks.ts'

const MODULE = join(import.meta.dirname, '..', '..', 'sandbox', 'machine', 'go', 'kubernetes')

/** Format and `go vet` of our Go module, where Go is. */
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
      remedy: 'gofmt -w sandbox/kubernetes',
      ...noGo,
    },
    {
      name: 'Go vet',
      // The flags of the build, so that what it compiled is found in Go's cache.
      command: ['go', 'vet', '-trimpath', '-buildvcs=false', '.'],
      env: { CGO_ENABLED: '0', GOWORK: 'off' },
      cwd: MODULE,
      ...notBuilt,
      ...noGo,
    },
  ]
}
