import { jobName, type KubernetesObject } from '@chat-app/chat'
import { CONNECT_POD_SECONDS } from '../../../limits.ts'
import { templatesOf, type PodSpec } from '../pods.ts'
import type { Site } from '../site.ts'
import { scriptFor, type Target } from './script.ts'

/** So long after its end the cluster removes the Job by itself, whatever became of this process. */
export const TTL_SECONDS = 30

/**
 * A Job whose pod is that of the migration, with its Secrets, podTemplate and restrictions, and a program that only connects.
 * @param run names this run: another one is another Job
 */
export function connectJob({ objects, model, namespace, name }: Site, run: string): KubernetesObject {
  const [template] = templatesOf(objects.filter(({ kind }) => kind === 'Job'))
  const spec = template?.spec ?? { containers: [] }
  const labels = {
    'app.kubernetes.io/name': 'kubectl-chatapp-doctor',
    'app.kubernetes.io/managed-by': 'kubectl-chatapp',
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: jobName(`${name}-doctor`, run), namespace, labels },
    spec: {
      activeDeadlineSeconds: CONNECT_POD_SECONDS,
      backoffLimit: 0,
      ttlSecondsAfterFinished: TTL_SECONDS,
      template: {
        metadata: { labels, annotations: template?.metadata?.annotations },
        spec: podOf(spec, targetsOf(model.secrets)),
      },
    },
  }
}

/** The services' ServiceAccounts and configuration are not there before the ChatApp is applied. */
function podOf({ containers, volumes = [], ...spec }: PodSpec, targets: readonly Target[]): object {
  const isConfig = (volume: object) => 'name' in volume && volume.name === CONFIG
  return {
    ...spec,
    serviceAccountName: 'default',
    serviceAccount: undefined,
    restartPolicy: 'Never',
    volumes: volumes.filter((volume) => !isConfig(volume)),
    containers: containers.map((container) => {
      if (container.name !== 'migrate') return container
      const { readinessProbe: _r, args: _a, ports: _p, volumeMounts = [], ...kept } = container
      const mounts = (volumeMounts as { name: string }[]).filter((mount) => !isConfig(mount))
      return { ...kept, command: ['node', '-e', scriptFor(targets)], volumeMounts: mounts }
    }),
  }
}

const CONFIG = 'config'

type Uses = Site['model']['secrets']

function targetsOf(secrets: Uses): Target[] {
  const pathOf = (purpose: string) => {
    const use = secrets.find((each) => each.purpose === purpose)
    return use === undefined ? undefined : `/etc/chat-app/secrets/${purpose}/${use.key}`
  }
  return (['database', 'redis', 'broadcast'] as const).flatMap((purpose) => {
    const file = pathOf(purpose)
    const ca = pathOf(purpose === 'database' ? 'database-ca' : 'redis-ca')
    return file === undefined ? [] : [{ purpose, file, ...(ca !== undefined && { ca }) }]
  })
}
