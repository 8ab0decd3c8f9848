import type { Environment } from '@chat-app/platform'

/**
 * The environment with a ChatApp of another name in the same namespace: `review-mr-12`, at hosts of its own
 * (`api-mr-12.dev.chat-app.com`). It uses the operator, the database and Redis of the environment.
 */
export function reviewOf(environment: Environment, review: string): Environment {
  const { chatApp } = environment
  const { exposure } = chatApp.spec
  const name = `review-${review}`
  if (exposure?.hosts === undefined) return { ...environment, chatApp: { ...chatApp, name } }
  const hosts = { api: besides(exposure.hosts.api, review), websocket: besides(exposure.hosts.websocket, review) }
  return {
    ...environment,
    chatApp: { ...chatApp, name, spec: { ...chatApp.spec, exposure: { ...exposure, hosts } } },
  }
}

/** `api-mr-12.dev.chat-app.com` for `api.dev.chat-app.com`: one wildcard certificate and DNS entry cover all reviews. */
function besides(host: string, review: string): string {
  const [label = '', ...domain] = host.split('.')
  return [`${label}-${review}`, ...domain].join('.')
}
