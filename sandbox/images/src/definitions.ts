import type { ImageConfig } from './archive.ts'
import type { Users } from './base.ts'
import type { BundleDefinition } from './bundle.ts'
import { PAGE_FOLDER } from './page.ts'

/** The definition of an image. */
export interface ImageDefinition {
  /** Short name, such as "chat-service". */
  readonly name: string
  /** Full name of an image that only the sandbox uses. For images that a release ships, it is built from `name`. */
  readonly reference?: string
  /** Debian packages. */
  readonly packages: readonly string[]
  readonly users: Users
  /** Whether the image contains Node.js. @default false */
  readonly node?: boolean
  /** Program of this project in /app. */
  readonly program?: BundleDefinition
  /** Whether the image contains the chat page, in /app/web. @default false */
  readonly page?: boolean
  readonly config: ImageConfig
}

/** Prefix of the labels of the OCI image specification. */
export const LABEL = 'org.opencontainers.image'

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
const RUNTIME = ['libc6', 'libstdc++6', 'libgcc-s1', 'ca-certificates'] as const
const SERVICES: BundleDefinition = {
  entry: 'services/src/main.ts',
  native: ['bcrypt'],
  files: { 'config/production.yml': 'services/config/production.yml' },
}

export const imageDefinitions: readonly ImageDefinition[] = [
  {
    // The process that keeps the namespaces of a pod. The static busybox needs no other files.
    name: 'pause',
    reference: 'sandbox.local/pause:1',
    packages: ['busybox-static'],
    users: {},
    config: { user: '65535:65535', entrypoint: ['/usr/bin/busybox', 'sleep', '2147483647'] },
  },
  // Two names of one image: `api`, which serves the page, is a command of the same program.
  withPage(projectImage('chat-service', 'chat-app services', SERVICES)),
  withPage(projectImage('websocket-service', 'chat-app services', SERVICES)),
  projectImage('operator', 'chat-app operator', { entry: 'operator/src/main.ts' }),
  projectImage('demo-users', 'chat-app demo users', { entry: 'sandbox/demo/src/users.ts' }),
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

function projectImage(name: string, title: string, program: BundleDefinition): ImageDefinition {
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

function withPage(image: ImageDefinition): ImageDefinition {
  const env = { ...image.config.env, WEB_ROOT: `/${PAGE_FOLDER}` }
  return { ...image, page: true, config: { ...image.config, env } }
}
