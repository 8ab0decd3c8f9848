import type { Chart } from 'cdk8s'
import { Quantity, type Container, type Volume } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { platformJob } from '../../objects/job.ts'
import { ownContainer, platformLabels, podSecurity } from '../../objects/pod.ts'
import { BOOTSTRAP, externalBootstrap } from './bootstrap-script.ts'
import { certificateSecret, SYSTEM_USERS } from './pxc.ts'
import { resources } from './pods.ts'
import { primaryHost } from './service.ts'
import { databasePort, type PxcValues } from '../../environment/database.ts'
import type { ExternalDatabaseValues } from '../../environment/database-external.ts'
import { MYSQL_PORT } from '../../objects/ports.ts'

/** The Secret with the passwords of the ChatApp's two users. */
const APPLICATION_USERS = 'mysql-application-users'

const SECRETS = '/etc/mysql-bootstrap'

/** Longer than a new database takes to start. */
const DEADLINE_SECONDS = 60 * 60

/** The Job that creates the database `chat` and the users of the ChatApp. It can run again at any time. */
export function bootstrap(chart: Chart, namespace: string, values: PxcValues): void {
  usersJob(chart, namespace, {
    name: values.name,
    image: values.image,
    script: BOOTSTRAP,
    address: [primaryHost(values, namespace), MYSQL_PORT],
    secrets: { [SYSTEM_USERS]: ['root'], [APPLICATION_USERS]: USERS, [certificateSecret(values)]: ['ca.crt'] },
  })
}

/** The same Job for a database that somebody else runs, unless they make the users too. */
export function externalUsers(chart: Chart, namespace: string, values: ExternalDatabaseValues): void {
  const { users, host, caSecret = '' } = values
  if (users.madeBy !== 'platform') return
  usersJob(chart, namespace, {
    name: 'external-mysql',
    image: users.image,
    script: externalBootstrap(users.administrator, users.administratorSecret),
    address: [host, databasePort(values)],
    secrets: { [users.administratorSecret]: ['password'], [APPLICATION_USERS]: USERS, [caSecret]: ['ca.crt'] },
  })
}

/** The keys of the Secret with the passwords of the ChatApp's users. */
const USERS = ['blue', 'green']

interface UsersJob {
  readonly name: string
  readonly image: string
  readonly script: string
  /** Host and port. */
  readonly address: readonly [string, number]
  /** The mounted keys of each Secret. */
  readonly secrets: Readonly<Record<string, readonly string[]>>
}

function usersJob(chart: Chart, namespace: string, job: UsersJob): void {
  const labels = platformLabels('mysql-bootstrap')
  platformJob(
    chart,
    'mysql-bootstrap',
    { name: `${job.name}-bootstrap`, namespace, labels },
    {
      activeDeadlineSeconds: DEADLINE_SECONDS,
      backoffLimit: 10,
      template: {
        metadata: { labels },
        spec: {
          ...podSecurity,
          restartPolicy: 'OnFailure',
          containers: [container(job)],
          volumes: [
            { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: Quantity.fromString('1Mi') } },
            secretsVolume(job.secrets),
          ],
        },
      },
    },
  )
}

function container({ image, script, address: [host, port] }: UsersJob): Container {
  return {
    name: 'bootstrap',
    ...ownContainer(image, resources('20m', '64Mi', '250m', '128Mi')),
    command: ['sh', '-euc', script],
    env: [
      { name: 'HOME', value: '/tmp' },
      { name: 'SECRETS', value: SECRETS },
      { name: 'DATABASE_HOST', value: host },
      { name: 'DATABASE_PORT', value: String(port) },
      { name: 'DATABASE_CA', value: `${SECRETS}/ca.crt` },
      { name: 'DATABASE_ATTEMPTS', value: '60' },
    ],
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'secrets', mountPath: SECRETS, readOnly: true },
    ],
  }
}

function secretsVolume(secrets: UsersJob['secrets']): Volume {
  const sources = Object.entries(secrets).map(([name, keys]) => ({
    secret: { name, items: keys.map((key) => ({ key, path: key })) },
  }))
  return { name: 'secrets', projected: { defaultMode: 0o440, sources } }
}
