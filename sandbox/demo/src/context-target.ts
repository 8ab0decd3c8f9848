import { kubectl } from '@chat-app/kubectl'
import { imageRoute } from './image-route.ts'
import { deliverImages } from './images.ts'
import { missingForContext } from './context-requirements.ts'
import { NAMESPACES, OWN_LABEL, removeDemoObjects } from './objects.ts'
import type { Target } from './target.ts'

export interface ContextOptions {
  /** A context of the user's kubeconfig. */
  readonly context: string
  /** HOST/PATH of a registry that the cluster pulls from. */
  readonly registry?: string
  /** Images of MariaDB and Redis. */
  readonly mariadb: string
  readonly redis: string
}

/**
 * Returns the cluster of a context as the target of the demo. The demo changes only objects that it creates.
 *
 * @throws Error if the address of the registry is invalid
 */
export function contextTarget(options: ContextOptions): Target {
  const cluster = kubectl({ binary: 'kubectl', context: options.context })
  const route = imageRoute(options.context, options.registry)
  return {
    title: `the cluster of context ${options.context}`,
    images: { registry: route?.prefix ?? '', mariadb: options.mariadb, redis: options.redis },
    creates: [
      ...NAMESPACES.map((name) => `namespace ${name} and its objects`),
      'the CustomResourceDefinition chatapps.chat-app.com',
      `images of this project, with: ${route?.title ?? ''}  (they are not removed)`,
      `images that the cluster pulls: ${options.mariadb}, ${options.redis}`,
    ],
    missing: () => missingForContext(cluster, options.context, route),
    async start(onProgress, signal) {
      if (!route) throw new Error('no way to load images into the cluster')
      await deliverImages(route, onProgress, signal)
      // Objects of an earlier demo cannot be reused: their passwords, for example, are not known.
      await removeDemoObjects((args, run) => cluster(args, { signal, ...run }), onProgress)
      return cluster
    },
    hints: () => hints(options.context),
    stop: (onProgress) => removeDemoObjects(cluster, onProgress),
  }
}

function hints(context: string): string[] {
  const command = `kubectl --context ${context}`
  const own = [...NAMESPACES.map((name) => `namespace/${name}`), 'crd/chatapps.chat-app.com'].join(' ')
  return [
    `${command} -n chat-app get chatapps,pods`,
    `${command} -n chat-app scale chatapp/chat-app --replicas=3`,
    `${command} -n chat-app delete deployment chat-app-api     # the operator creates it again`,
    `${command} explain chatapp.spec.websocket.drain`,
    `${command} delete ${own}     # remove the demo; all its objects have the label ${OWN_LABEL}`,
  ]
}
