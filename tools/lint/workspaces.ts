/** A workspace, and the imports that are allowed in it. */
export interface Workspace {
  /** Path relative to the checkout. */
  readonly folder: string
  /** A short description, for readers of this table. */
  readonly holds: string
  /** Workspaces that every file may import, by name without `@chat-app/`. */
  readonly imports: readonly string[]
  /**
   * Workspaces that only tests may import: `*.test.ts`, and files below a folder `testing/` or `test/`.
   *
   * @default none
   */
  readonly tests?: readonly string[]
  /**
   * Folders and files below `root`, the lowest first. A file may import its own layer and lower ones; tests may import
   * all.
   *
   * @default no layers
   */
  readonly layers?: { readonly root: string; readonly order: readonly string[] }
}

/**
 * All workspaces, by name without `@chat-app/`. A workspace may import only workspaces that precede it, in its tests
 * too, so there is no cycle. The lint rule `borders/imports` and the picture in ARCHITECTURE.md come from this table,
 * and a test compares it with each package.json.
 */
export const WORKSPACES: Readonly<Record<string, Workspace>> = {
  testing: { folder: 'testing', holds: 'helpers of all tests: eventually, must, uniqueName', imports: [] },
  cli: { folder: 'cli', holds: 'help, options and progress of all commands', imports: [] },
  crds: { folder: 'crds', holds: 'the schema of ChatApp: types, CRD, reference', imports: [] },
  chat: {
    folder: 'charts/chat',
    holds: 'the model of a ChatApp and desired(), which renders its objects',
    imports: ['crds'],
  },
  platform: {
    folder: 'charts/platform',
    holds: 'the platform of an environment: schemas, parts, rules, bundle, and the install of the operator',
    imports: ['chat', 'crds'],
    layers: {
      root: 'src',
      order: [
        'limits.ts',
        'objects',
        'environment',
        'install',
        'parts',
        'custom',
        'check',
        'bundle.ts',
        'index.ts',
        'testing',
      ],
    },
  },
  environments: {
    folder: 'environments',
    holds: 'the values of each environment',
    imports: ['platform'],
  },
  synth: {
    folder: 'synth',
    holds: 'npm run synth: writes, compares and documents manifests',
    imports: ['chat', 'cli', 'crds', 'environments', 'platform'],
  },
  kubectl: { folder: 'delivery/kubectl', holds: 'runs kubectl, and finds pods that cannot run', imports: [] },
  'sandbox-machine': {
    folder: 'sandbox/machine',
    holds: 'builds, unpacks and supervises programs on this machine',
    imports: [],
    tests: ['testing'],
  },
  'sandbox-servers': {
    folder: 'sandbox/servers',
    holds: 'MariaDB, Redis, RabbitMQ, MinIO and a registry, as local processes',
    imports: ['sandbox-machine'],
  },
  services: {
    folder: 'services',
    holds: 'api, websocket, worker, migrate, enable, prove, and the reference client',
    imports: [],
    tests: ['sandbox-servers', 'testing'],
    layers: {
      root: 'src',
      order: [
        'support',
        'protocol',
        'policy',
        'store',
        'kinds',
        'outbox',
        'fanout',
        'room',
        'session',
        'feed',
        'operations',
        'connection',
        'api',
        'config',
        'prove',
        'commands',
        'main.ts',
      ],
    },
  },
  web: {
    folder: 'web',
    holds: 'the chat page, and its build',
    imports: ['services'],
    tests: ['sandbox-servers', 'testing'],
  },
  'sandbox-images': {
    folder: 'sandbox/images',
    holds: 'builds and pushes images without a container engine',
    imports: ['sandbox-machine', 'web'],
    tests: ['crds', 'sandbox-servers'],
  },
  'sandbox-cluster': {
    folder: 'sandbox/cluster',
    holds: 'npm run sandbox: a real Kubernetes, and its client for tests',
    imports: ['cli', 'kubectl', 'sandbox-images', 'sandbox-machine'],
    tests: ['chat', 'testing'],
  },
  operator: {
    folder: 'operator',
    holds: 'reconciles ChatApps',
    imports: ['chat', 'crds'],
    tests: ['environments', 'platform', 'sandbox-cluster', 'services', 'testing'],
    layers: {
      root: 'src',
      order: [
        'limits.ts',
        'version.ts',
        'runtime',
        'generate-secrets',
        'cache',
        'observe',
        'plan',
        'status',
        'reconcile',
        'config.ts',
        'run.ts',
        'main.ts',
      ],
    },
  },
  plugin: {
    folder: 'plugin',
    holds: 'kubectl chatapp',
    imports: ['chat', 'cli', 'crds', 'kubectl', 'services'],
    tests: ['operator', 'sandbox-machine', 'sandbox-servers', 'testing'],
    layers: {
      root: 'src',
      order: [
        'limits.ts',
        'version.ts',
        'failure.ts',
        'text',
        'cluster',
        'command',
        'commands',
        'completion',
        'main.ts',
      ],
    },
  },
  'sandbox-demo': {
    folder: 'sandbox/demo',
    holds: 'npm run demo',
    imports: [
      'chat',
      'cli',
      'environments',
      'kubectl',
      'platform',
      'sandbox-cluster',
      'sandbox-images',
      'sandbox-machine',
      'sandbox-servers',
      'services',
      'synth',
    ],
  },
  'sandbox-start': {
    folder: 'sandbox/start',
    holds: 'npm start: the chat on this machine, without Kubernetes',
    imports: ['cli', 'sandbox-servers', 'web'],
  },
  release: {
    folder: 'delivery/release',
    holds: 'npm run package',
    imports: ['cli', 'environments', 'platform', 'sandbox-images', 'synth'],
    tests: ['chat', 'crds', 'kubectl', 'sandbox-cluster', 'sandbox-machine', 'sandbox-servers', 'testing'],
  },
  deploy: {
    folder: 'delivery/deploy',
    holds: 'npm run deploy, npm run push-images',
    imports: ['chat', 'cli', 'crds', 'environments', 'kubectl', 'platform', 'release', 'sandbox-images'],
    tests: ['sandbox-cluster', 'sandbox-servers', 'testing'],
  },
  tools: {
    folder: 'tools',
    holds: 'setup, check, generate, the test runner, the lint rule',
    imports: [
      'cli',
      'crds',
      'environments',
      'kubectl',
      'platform',
      'sandbox-cluster',
      'sandbox-demo',
      'sandbox-machine',
      'services',
      'synth',
    ],
    tests: ['testing'],
  },
  bench: {
    folder: 'bench',
    holds: 'npm run bench',
    imports: [
      'chat',
      'cli',
      'environments',
      'kubectl',
      'operator',
      'platform',
      'sandbox-cluster',
      'sandbox-demo',
      'sandbox-images',
      'sandbox-machine',
      'sandbox-servers',
      'services',
      'synth',
      'testing',
    ],
  },
  test: {
    folder: 'test',
    holds: 'scenarios across workspaces',
    imports: [
      'chat',
      'crds',
      'environments',
      'kubectl',
      'operator',
      'platform',
      'sandbox-cluster',
      'sandbox-images',
      'sandbox-machine',
      'sandbox-servers',
      'services',
      'synth',
      'testing',
      'tools',
    ],
  },
}
