import type { ImageConfig } from './archive.ts'
import type { Users } from './base.ts'
import type { BundleDefinition } from './bundle.ts'

/** One image: which packages it stands on, whether Node.js is in it, which program of ours, and what it runs. */
export interface ImageDefinition {
  /** Short name, such as "chat-service"; the registry and the tag are added for ours. */
  readonly name: string
  /** The full name of an image that is the sandbox's alone; absent for those that a release ships. */
  readonly reference?: string
  readonly packages: readonly string[]
  readonly users: Users
  readonly node?: boolean
  readonly program?: BundleDefinition
  readonly config: ImageConfig
}

/** Labels of the OCI image specification begin with this. */
export const LABEL = 'org.opencontainers.image'

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
const RUNTIME = ['libc6', 'libstdc++6', 'libgcc-s1', 'ca-certificates'] as const
const services: BundleDefinition = {
  entry: 'services/src/main.ts',
  native: ['bcrypt'],
  files: { 'config/production.yml': 'services/config/production.yml' },
}

export const imageDefinitions: readonly ImageDefinition[] = [
  {
    // The process that holds a pod's namespaces; busybox is one static program.
    name: 'pause',
    reference: 'sandbox.local/pause:1',
    packages: ['busybox-static'],
    users: {},
    config: { user: '65535:65535', entrypoint: ['/usr/bin/busybox', 'sleep', '2147483647'] },
  },
  ours('chat-service', 'chat-app services', services),
  ours('websocket-service', 'chat-app services', services),
  ours('operator', 'chat-app operator', { entry: 'operator/src/main.ts' }),
  ours('demo-users', 'chat-app demo users', { entry: 'sandbox/demo/src/users.ts' }),
  {
    name: 'mariadb',
    reference: 'sandbox.local/mariadb:10.11',
    packages: ['mariadb-server-core', 'mariadb-client-core', 'busybox'],
    users: { mysql: 999 },
    config: { user: '999:999', entrypoint: ['mariadbd'], env: { PATH } },
  },
  {
    name: 'redis',
    reference: 'sandbox.local/redis:7.0',
    packages: ['redis-server', 'redis-tools', 'busybox'],
    users: { redis: 999 },
    config: { user: '999:999', entrypoint: ['redis-server'], env: { PATH } },
  },
]

function ours(name: string, title: string, program: BundleDefinition): ImageDefinition {
  const files = { ...program.files, LICENSE: 'LICENSE' }
  return {
    name,
    packages: RUNTIME,
    users: { app: 10001 },
    node: true,
    program: { ...program, files },
    config: {
      user: '10001:10001',
      entrypoint: ['node', '/app/main.js'],
      env: { PATH, NODE_ENV: 'production' },
      workingDir: '/app',
      labels: { [`${LABEL}.title`]: title, [`${LABEL}.licenses`]: 'Apache-2.0' },
    },
  }
}
