export { ApiServer, isGone } from './api-server.ts'
export { eventually, makeNamespace, test } from './api.ts'
export { established, installChatApps } from './crds.ts'
export { movedTo, objections, podsOf } from './manifests.ts'
export { sharedNode } from './shared-node.ts'
export { crdFiles, crdFilesFor, whyNoCrds } from './upstream-crds.ts'
export {
  AUTOSCALERS,
  CHAT_APPS,
  CONFIG_MAPS,
  DEPLOYMENTS,
  JOBS,
  NAMESPACES,
  PODS,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
  resource,
  type Resource,
} from './resources.ts'
