import type { KnipConfig } from 'knip'

/** What tests share. `knip --production` reads only patterns that end with `!`, and so finds what tests alone use. */
const shared = ['!**/testing/**!', '!**/testing.ts!', '!**/*.cases.ts!']

/** A workspace. Its entry points are the exports of its package.json, and those named here. */
const workspace = (...entry: string[]) => ({
  entry: [...entry, ...shared],
  project: ['**/*.{ts,mts,mjs}!', ...shared],
})

/** A workspace with its larger tests in a folder `test`. */
const withTests = (...entry: string[]) => ({
  entry: [...entry, ...shared, '!test/**!'],
  project: ['**/*.{ts,mts,mjs}!', ...shared, '!test/**!'],
})

const config: KnipConfig = {
  // A unit test may import a function that its file uses, since the public face would need a server.
  ignoreExportsUsedInFile: true,
  workspaces: {
    '.': { ignoreDependencies: ['oxfmt', 'oxlint', 'oxlint-tsgolint'] },
    cli: workspace(),
    crds: workspace(),
    'charts/chat': workspace(),
    'charts/platform': workspace(),
    environments: workspace(),
    synth: { ...workspace('src/{main,cdk8s}.ts!', 'src/environments/main.ts!'), ignoreDependencies: ['cdk8s-cli'] },
    operator: withTests('src/main.ts!', 'src/testing/recording/record.ts'),
    plugin: withTests('src/main.ts!'),
    services: withTests('src/main.ts!'),
    'delivery/kubectl': workspace(),
    'delivery/release': workspace('src/package.ts!'),
    'delivery/deploy': workspace('src/{main,images}.ts!'),
    'sandbox/machine': { ...workspace('src/supervisor/supervisor.ts!'), ignore: ['src/**/*.d.mts'] },
    'sandbox/images': workspace('src/write-program.ts!'),
    'sandbox/servers': workspace(),
    'sandbox/cluster': workspace('src/cli/main.ts!', 'src/node/host/main.ts!', 'src/node/guard-process.ts!'),
    'sandbox/demo': workspace('src/main.ts!', 'src/users.ts!'),
    'sandbox/start': workspace('src/{main,stop}.ts!'),
    web: {
      entry: [...shared, '!test/**!'],
      project: ['**/*.{ts,tsx}!', ...shared, '!test/**!'],
      // vite.alias puts it in the place of node:events.
      ignoreDependencies: ['eventemitter3'],
    },
    tools: workspace(
      'setup.mjs!',
      'setup/compile-cache.mjs!',
      'check/{main,audit}.ts!',
      'check/lifetimes/main.ts!',
      'check/manifests/main.ts!',
      'generate/main.ts!',
      'test/main.ts!',
      'test/setup/*.ts!',
      'cast/main.ts!',
      'lint/plugin.ts!',
    ),
    bench: { ...workspace('main.ts!', '*/main.ts!', 'fanout/peers/*.ts!'), ignoreDependencies: ['bufferutil'] },
    test: { entry: ['**/*.test.ts'] },
  },
  ignoreWorkspaces: ['test!', 'testing!'],
  ignoreBinaries: ['dpkg-deb', 'script'],
}

export default config
