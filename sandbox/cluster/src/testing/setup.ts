/** What a global set-up of the tests uses: it runs outside of the tests' processes, where no test can be defined. */
export { installChatApps } from './crds.ts'
import './provided.ts'
