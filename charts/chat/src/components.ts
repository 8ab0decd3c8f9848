/** The services of a ChatApp that run as Deployments, in the order in which a release reaches them. */
export const COMPONENTS = ['api', 'websocket', 'worker'] as const

export type Component = (typeof COMPONENTS)[number]

/** The services that clients connect to. Every ChatApp has them; the worker runs only where it is set. */
export const CHAT_COMPONENTS = ['api', 'websocket'] as const

export type ChatComponent = (typeof CHAT_COMPONENTS)[number]

/** A value for each service of a ChatApp. */
export type ByService<T> = Readonly<Record<ChatComponent, T>> & { readonly worker?: T }

/** A value for each service that has one in `services`, in the same order. */
export function byService<S, T>(
  services: ByService<S>,
  valueOf: (service: S, component: Component) => T,
): ByService<T> {
  const entries = COMPONENTS.flatMap((component) => {
    const service = services[component]
    return service === undefined ? [] : [[component, valueOf(service, component)] as const]
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has the keys of `services`
  return Object.fromEntries(entries) as Record<ChatComponent, T>
}

/** The service that the children of this name belong to. */
export function componentNamed(name: string, services: ByService<{ readonly name: string }>): Component | undefined {
  return COMPONENTS.find((component) => services[component]?.name === name)
}
