import { defineConfig } from 'vitest/config'

/**
 * Four kinds of tests, by what they need: `unit` nothing, `services` MariaDB and Redis as local processes,
 * `api` a real API server, `cluster` a whole node with real pods (root on Linux).
 */
export default defineConfig({
  test: {
    // Most tests wait for a server; one worker a core, vitest's default, would leave the cores idle.
    maxWorkers: 4,
    projects: [
      {
        test: {
          name: 'unit',
          // One load of zod and cdk8s for all files takes half of the time; no file leaves anything to the next.
          isolate: false,
          include: ['**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.api.test.ts', '**/*.services.test.ts', '**/*.cluster.test.ts'],
        },
      },
      {
        test: {
          name: 'services',
          include: ['**/*.services.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['tools/test/setup/services.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'api',
          include: ['**/*.api.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['tools/test/setup/api.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['**/*.cluster.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['tools/test/setup/cluster.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
