/** Exports for a global set-up. It runs outside of the test processes and cannot import files that define tests. */
export { installChatApps } from './crds.ts'
import './provided.ts'
