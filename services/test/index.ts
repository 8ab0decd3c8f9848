/** What tests of other workspaces use: the services as processes, and their database. */
export { Crowd } from './crowd.ts'
export { Persisting, WAYS, type Way } from './persisting.ts'
export { Returning } from './returning.ts'
export { compileCommands, startService } from './service.ts'
export { addUsers, openStore } from './store.ts'
export { TwoReleases } from './two-releases.ts'
