import type { Chart } from 'cdk8s'
import { KubeCronJob, type Container } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { pullSecrets, withImage } from '../../environment/operator.ts'
import { ownContainer, platformLabels, podSecurity } from '../../objects/pod.ts'
import type { Environment } from '../../environment/environment.ts'
import { KEYRING, KEYRING_AUTHORITY } from './database-keys.ts'

export const TOKEN_RENEWAL = 'renew-vault-token'

const FOLDER = '/etc/mysql-vault'

/**
 * Renews, every day, the token by which the database reads its encryption keys. MySQL does not renew it, and a node
 * that starts with an expired token cannot read its data.
 */
export function tokenRenewal(
  chart: Chart,
  { dataNamespace: namespace, database, operator, secrets }: Environment,
): void {
  const secretName = database.kind === 'pxc' ? database.vaultSecret : undefined
  if (secrets.kind !== 'vault' || secretName === undefined) return
  const labels = platformLabels(TOKEN_RENEWAL)
  new KubeCronJob(chart, TOKEN_RENEWAL, {
    metadata: { name: TOKEN_RENEWAL, namespace, labels },
    spec: {
      schedule: '23 3 * * *',
      timeZone: 'Etc/UTC',
      // After an outage, runs a missed renewal.
      startingDeadlineSeconds: 6 * 60 * 60,
      concurrencyPolicy: 'Forbid',
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        spec: {
          activeDeadlineSeconds: 3600,
          backoffLimit: 6,
          template: {
            metadata: { labels },
            spec: {
              ...podSecurity,
              ...pullSecrets(operator),
              restartPolicy: 'Never',
              containers: [container(withImage(operator).image, secrets.authority !== undefined)],
              volumes: [{ name: 'vault', secret: { secretName } }],
            },
          },
        },
      },
    },
  })
}

function container(image: string, hasAuthority: boolean): Container {
  const authority = [{ name: 'NODE_EXTRA_CA_CERTS', value: `${FOLDER}/${KEYRING_AUTHORITY}` }]
  return {
    name: TOKEN_RENEWAL,
    ...ownContainer(image, {
      requests: { cpu: '10m', memory: '64Mi' },
      limits: { cpu: '200m', memory: '128Mi' },
    }),
    command: ['node', '--input-type=module', '--eval', SCRIPT],
    env: [{ name: 'KEYRING', value: `${FOLDER}/${KEYRING}` }, ...(hasAuthority ? authority : [])],
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: 'vault', mountPath: FOLDER, readOnly: true }],
  }
}

// Vault also answers 200 for a token at its maximum lifetime, so the script checks the remaining time.
const SCRIPT = `
import { readFileSync } from 'node:fs'

const text = readFileSync(process.env.KEYRING, 'utf8')
// JSON for the keyring of MySQL 8.4, lines for that of 8.0.
const lines = () => Object.fromEntries(text.split('\\n').map((line) => line.split(/ = (.*)/)))
const { token, vault_url: url } = text.startsWith('{') ? JSON.parse(text) : lines()
const fail = (why) => {
  console.error(\`the token of the database's keys is not renewed: \${why}\`)
  process.exit(1)
}
const ask = async (method, path) => {
  const signal = AbortSignal.timeout(30_000)
  const response = await fetch(\`\${url}/v1/auth/token/\${path}\`, { method, headers: { 'X-Vault-Token': token }, signal })
    .catch((error) => fail(\`\${url} does not answer: \${error.cause?.message ?? error.message}\`))
  const body = await response.json().catch(() => ({}))
  if (!response.ok) fail(\`Vault says \${response.status} \${(body.errors ?? []).join(', ')}\`)
  return body
}
await ask('POST', 'renew-self')
const { data } = await ask('GET', 'lookup-self')
if (!(data.period > 0)) fail('it is not periodic, so it expires for good: create one with -period')
if (!(data.ttl > data.period / 2)) fail(\`it is valid for only \${data.ttl} s of its \${data.period} s\`)
console.log(\`the token of the database's keys is valid for \${Math.floor(data.ttl / 3600)} hours\`)
`.trim()
