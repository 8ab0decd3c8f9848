import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const CORES = availableParallelism()
const MINUTE_MS = 60_000

/**
 * At most so many files at once, and in each of them so many tests of a `describe.concurrent`: more would only make
 * each other slow.
 */
const inFlight = (files: number) => ({ maxWorkers: files, maxConcurrency: CORES })

/**
 * A limit says that something hangs, not that a machine is slow. Those of one test are above the deadline of
 * `eventually`, whose error says what did not come. Files set none of their own.
 */
const limits = { testTimeout: 10 * MINUTE_MS, hookTimeout: 10 * MINUTE_MS }

/** A worker loads zod, cdk8s and the rest once for all its files. No file leaves anything to the next. */
const oneLoad = { isolate: false }
const excludedFolders = ['**/node_modules/**']

/**
 * Four kinds of tests, by what they need: `unit` nothing, `services` MariaDB and Redis as local processes,
 * `api` a real API server, `cluster` a whole node with real pods (root on Linux).
 */
export default defineConfig({
  test: {
    teardownTimeout: limits.hookTimeout,
    projects: [
      {
        test: {
          ...limits,
          name: 'unit',
          // They compute, and some start a process.
          ...inFlight(CORES),
          ...oneLoad,
          include: ['**/*.test.ts'],
          exclude: [...excludedFolders, '**/*.api.test.ts', '**/*.services.test.ts', '**/*.cluster.test.ts'],
        },
      },
      {
        test: {
          ...limits,
          name: 'services',
          // They wait for servers half of the time.
          ...inFlight(2 * CORES),
          ...oneLoad,
          include: ['**/*.services.test.ts'],
          exclude: excludedFolders,
          globalSetup: ['tools/test/setup/services.ts'],
        },
      },
      {
        test: {
          ...limits,
          name: 'api',
          ...inFlight(2 * CORES),
          ...oneLoad,
          include: ['**/*.api.test.ts'],
          exclude: excludedFolders,
          globalSetup: ['tools/test/setup/api.ts'],
        },
      },
      {
        test: {
          ...limits,
          name: 'cluster',
          // A file may start a node of its own, which is a dozen processes that work.
          ...inFlight(Math.max(2, CORES)),
          include: ['**/*.cluster.test.ts'],
          exclude: excludedFolders,
          globalSetup: ['tools/test/setup/cluster.ts'],
        },
      },
    ],
  },
})
