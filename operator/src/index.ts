export { run, type RunningOperator, type RunOptions } from './run.ts'
export type { RequestRecord } from './runtime/client.ts'
