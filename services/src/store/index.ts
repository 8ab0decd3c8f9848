/** What tests of other packages may use of the store. Files of this package import each other directly. */
export { Database } from './database.ts'
export { migrate } from './migrate.ts'
export { Revocations } from './revocations.ts'
export { Rooms } from './rooms.ts'
export { Users } from './users.ts'
export { Writer } from './writer.ts'
