/** What tests of other workspaces use: the services as processes, and their database. */
export { chaos } from './chaos/chaos.ts'
export { Contradiction, type ChaosOptions, type ChaosOutcome } from './chaos/options.ts'
export { Crowd } from './crowd.ts'
export { hostile, type HostileOutcome } from './hostile/hostile.ts'
export { Returning } from './returning.ts'
export { compileCommands, startService } from './service.ts'
export { addUsers, openStore } from './store.ts'
export { TwoReleases } from './two-releases.ts'
