import type { Labels } from '@chat-app/chat/constructs'

/** Name of the operator's ServiceAccount, Deployment and Roles. */
export const OPERATOR = 'chat-app-operator'

export const OPERATOR_SELECTOR: Labels = {
  'app.kubernetes.io/name': OPERATOR,
  'app.kubernetes.io/instance': OPERATOR,
}

export function operatorLabels(version: string): Labels {
  return {
    ...OPERATOR_SELECTOR,
    'app.kubernetes.io/component': 'operator',
    'app.kubernetes.io/part-of': 'chat-app',
    'app.kubernetes.io/version': version,
  }
}
