export { established } from './established.ts'
export {
  type Kubectl,
  type KubectlResult,
  type KubectlResults,
  type KubectlRun,
  kubectl,
  kubectlResults,
} from './kubectl.ts'
export { reportChanges } from './report-changes.ts'
export { type Trouble, inFull, inShort, podTroubles } from './troubles.ts'
