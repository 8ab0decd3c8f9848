/** A workspace, and what its files may import. */
export interface Workspace {
  /** Folder, relative to the checkout. */
  readonly folder: string
  /** What it holds, in a few words, for the reader of this table. */
  readonly holds: string
  /** The other workspaces that it may import, by name without `@chat-app/`. */
  readonly imports: readonly string[]
  /**
   * Further ones that its tests may import: `*.test.ts`, and what stands in a folder `testing/` or `test/`.
   *
   * @default none
   */
  readonly tests?: readonly string[]
  /**
   * Folders and files below `root`, the lowest first. A file may import its own layer and the lower ones.
   *
   * @default no order
   */
  readonly layers?: { readonly root: string; readonly order: readonly string[] }
}

/**
 * Every workspace, by its name without `@chat-app/`. A workspace imports only ones that stand before it, in its tests too,
 * so there is no cycle. The lint rule of this folder reads this table, the picture in ARCHITECTURE.md is drawn from it, and
 * a test compares it with each package.json.
 */
export const WORKSPACES: Readonly<Record<string, Workspace>> = {
  testing: { folder: 'testing', holds: 'what every test uses: eventually, must, uniqueName', imports: [] },
  cli: { folder: 'cli', holds: 'help, options and progress of every command', imports: [] },
  crds: { folder: 'crds', holds: 'the schema of ChatApp: types, CRD, reference', imports: [] },
  chat: {
    folder: 'charts/chat',
    holds: 'the model of a ChatApp and desired(): all that the operator sees',
    imports: ['crds'],
  },
  platform: {
    folder: 'charts/platform',
    holds: 'the platform beneath: schemas, parts, rules, bundle, and how the operator is installed',
    imports: ['chat', 'crds'],
    layers: {
      root: 'src',
      order: ['limits.ts', 'objects', 'environment', 'install', 'parts', 'check', 'bundle.ts', 'index.ts', 'testing'],
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
  kubectl: { folder: 'delivery/kubectl', holds: 'runs kubectl, and says what keeps pods from running', imports: [] },
  'sandbox-machine': {
    folder: 'sandbox/machine',
    holds: 'programs on this machine: built, unpacked, supervised',
    imports: [],
    tests: ['testing'],
  },
  'sandbox-servers': {
    folder: 'sandbox/servers',
    holds: 'MariaDB, Redis, RabbitMQ, MinIO and a registry, as local processes',
    imports: ['sandbox-machine'],
  },
  'sandbox-images': {
    folder: 'sandbox/images',
    holds: 'images without an engine: layers, archives, pushes',
    imports: ['sandbox-machine'],
    tests: ['sandbox-servers'],
  },
  'sandbox-cluster': {
    folder: 'sandbox/cluster',
    holds: 'npm run sandbox: a real Kubernetes, and its client for tests',
    imports: ['chat', 'cli', 'kubectl', 'sandbox-images', 'sandbox-machine', 'testing'],
  },
  services: {
    folder: 'services',
    holds: 'api, websocket and migrate, and the reference client',
    imports: [],
    tests: ['sandbox-servers', 'testing'],
    layers: {
      root: 'src',
      order: [
        'support',
        'protocol',
        'store',
        'fanout',
        'room',
        'session',
        'connection',
        'api',
        'config',
        'commands',
        'main.ts',
      ],
    },
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
      'services',
      'synth',
    ],
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
    holds: 'set-up, check, generate, the runner of tests, the lint rule',
    imports: ['cli', 'crds', 'environments', 'kubectl', 'sandbox-cluster', 'sandbox-demo', 'sandbox-machine', 'synth'],
    tests: ['testing'],
  },
  bench: {
    folder: 'bench',
    holds: 'npm run bench',
    imports: ['cli', 'environments', 'platform', 'sandbox-machine', 'synth'],
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
