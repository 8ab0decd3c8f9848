import { kubectl } from '@chat-app/kubectl'
import { imageRoute } from './image-route.ts'
import { bringImages } from './images.ts'
import { missingForContext } from './context-requirements.ts'
import { NAMESPACES, OWN_LABEL, removeDemoObjects } from './objects.ts'
import type { Target } from './target.ts'

export interface ContextOptions {
  /** A context of the user's kubeconfig. */
  readonly context: string
  /** HOST/PATH of a registry that the cluster pulls from. */
  readonly registry?: string
  /** Images of the data stores; public ones by default. */
  readonly mariadb: string
  readonly redis: string
}

/** A cluster that is the user's: nothing there is touched but what the demo itself makes. Throws when the registry is no address of one. */
export function contextTarget(options: ContextOptions): Target {
  const cluster = kubectl({ binary: 'kubectl', context: options.context })
  const route = imageRoute(options.context, options.registry)
  return {
    title: `the cluster of context ${options.context}`,
    images: { registry: route?.prefix ?? '', mariadb: options.mariadb, redis: options.redis },
    creates: [
      ...namespaces.map((name) => `namespace ${name} and what is in it`),
      'the CustomResourceDefinition chatapps.chat-app.com',
      `our images, by: ${route?.title ?? ''}  (they stay there)`,
      `images that the cluster pulls itself: ${options.mariadb}, ${options.redis}`,
    ],
    missing: () => missingForContext(cluster, options.context, route),
    async start(onProgress, signal) {
      if (!route) throw new Error('no way to bring images into the cluster')
      await bringImages(route, onProgress, signal)
      // What an earlier demo left: its passwords, for one, are not known any more.
      await removeDemoObjects((args, run) => cluster(args, { signal, ...run }), onProgress)
      return cluster
    },
    hints: () => hints(options.context),
    stop: (onProgress) => removeDemoObjects(cluster, onProgress),
  }
}

function hints(context: string): string[] {
  const command = `kubectl --context ${context}`
  const own = [...namespaces.map((name) => `namespace/${name}`), 'crd/chatapps.chat-app.com'].join(' ')
  return [
    `${command} -n chat-app get chatapps,pods`,
    `${command} -n chat-app scale chatapp/chat-app --replicas=3`,
    `${command} -n chat-app delete deployment chat-app-api     # and watch it come back`,
    `${command} explain chatapp.spec.websocket.drain`,
    `${command} delete ${own}     # end it; all carry the label ${OWN_LABEL}`,
  ]
}
