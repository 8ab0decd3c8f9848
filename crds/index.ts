export {
  API_VERSION,
  ChatAppSpec,
  GROUP,
  KIND,
  objectRules,
  PLURAL,
  VERSION,
  type ChatApp,
  type ChatAppSpecDefaulted,
  type ChatAppSpecInput,
} from './chatapp.ts'
export { crd } from './crd.ts'
export { formats } from './fields.ts'
export { quantityValue, sameQuantity } from './quantity.ts'
export type { ChatAppStatus, Condition, LastRollout, ServiceStatus } from './status.ts'
export { ownedLabels } from './workload.ts'
