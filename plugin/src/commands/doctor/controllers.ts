/** An ingress controller: the profile of `spec.exposure.ingress` whose annotations it reads, and the names of its pods. */
export interface Controller {
  readonly profile: 'none' | 'nginx' | 'haproxy' | 'traefik'
  /** Values of the label `app.kubernetes.io/name` that its charts set. */
  readonly apps: readonly string[]
}

/** By `spec.controller` of an IngressClass, whose end may name one installation. */
const CONTROLLERS: Readonly<Record<string, Controller>> = {
  'k8s.io/ingress-nginx': { profile: 'nginx', apps: ['ingress-nginx', 'rke2-ingress-nginx'] },
  // It reads annotations of its own, nginx.org/..., which no profile has.
  'nginx.org/ingress-controller': { profile: 'none', apps: ['nginx-ingress', 'nginx-ingress-controller'] },
  'haproxy.org/ingress-controller': { profile: 'haproxy', apps: ['kubernetes-ingress', 'haproxy-kubernetes-ingress'] },
  'haproxy-ingress.github.io/controller': { profile: 'haproxy', apps: ['haproxy-ingress'] },
  'traefik.io/ingress-controller': { profile: 'traefik', apps: ['traefik'] },
}

/** The controller of an IngressClass; undefined for one that is not known. */
export function controllerOf(id: string): Controller | undefined {
  const key = controllerKey(id)
  return key === undefined ? undefined : CONTROLLERS[key]
}

/** The id without what names one installation. */
export function controllerKey(id: string): string | undefined {
  return Object.keys(CONTROLLERS).find((key) => id === key || id.startsWith(`${key}/`))
}
