export { established } from './established.ts'
export { type Kubectl, kubectl } from './kubectl.ts'
export { telling } from './telling.ts'
export { type Trouble, inFull, inShort, podTroubles } from './troubles.ts'
