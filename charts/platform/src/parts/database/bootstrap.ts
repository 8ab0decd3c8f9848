import type { Chart } from 'cdk8s'
import { Quantity, type Container, type Volume } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { platformJob } from '../../objects/job.ts'
import { ownContainer, platformLabels, podSecurity } from '../../objects/pod.ts'
import { BOOTSTRAP } from './bootstrap-script.ts'
import { certificateSecret, SYSTEM_USERS } from './pxc.ts'
import { resources } from './pods.ts'
import { primaryHost } from './service.ts'
import type { PxcValues } from '../../environment/database.ts'
import { MYSQL_PORT } from '../../objects/ports.ts'

/** The Secret with the passwords of the ChatApp's two users. */
export const APPLICATION_USERS = 'mysql-application-users'

const SECRETS = '/etc/mysql-bootstrap'

/** Longer than a new database takes to start. */
const DEADLINE_SECONDS = 60 * 60

/** The Job that creates the database `chat` and the users of the ChatApp. It can run again at any time. */
export function bootstrap(chart: Chart, namespace: string, values: PxcValues): void {
  const labels = platformLabels('mysql-bootstrap')
  platformJob(
    chart,
    'mysql-bootstrap',
    { name: `${values.name}-bootstrap`, namespace, labels },
    {
      activeDeadlineSeconds: DEADLINE_SECONDS,
      backoffLimit: 10,
      template: {
        metadata: { labels },
        spec: {
          ...podSecurity,
          restartPolicy: 'OnFailure',
          containers: [container(namespace, values)],
          volumes: [
            { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: Quantity.fromString('1Mi') } },
            secrets(values),
          ],
        },
      },
    },
  )
}

function container(namespace: string, values: PxcValues): Container {
  return {
    name: 'bootstrap',
    ...ownContainer(values.image, resources('20m', '64Mi', '250m', '128Mi')),
    command: ['sh', '-euc', BOOTSTRAP],
    env: [
      { name: 'HOME', value: '/tmp' },
      { name: 'SECRETS', value: SECRETS },
      { name: 'DATABASE_HOST', value: primaryHost(values, namespace) },
      { name: 'DATABASE_PORT', value: String(MYSQL_PORT) },
      { name: 'DATABASE_CA', value: `${SECRETS}/ca.crt` },
      { name: 'DATABASE_ATTEMPTS', value: '60' },
    ],
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'secrets', mountPath: SECRETS, readOnly: true },
    ],
  }
}

function secrets(values: PxcValues): Volume {
  const source = (name: string, keys: readonly string[]) => ({
    secret: { name, items: keys.map((key) => ({ key, path: key })) },
  })
  return {
    name: 'secrets',
    projected: {
      defaultMode: 0o440,
      sources: [
        source(SYSTEM_USERS, ['root']),
        source(APPLICATION_USERS, ['blue', 'green']),
        source(certificateSecret(values), ['ca.crt']),
      ],
    },
  }
}
