import { TOKEN_RENEWAL } from '../../secrets/token-renewal.ts'
import type { Alert, RuleGroup } from './rule.ts'
import { THRESHOLDS } from './thresholds.ts'

/**
 * Alerts on the credentials from Vault, by the status of each ExternalSecret, and on the renewal of the database's
 * token.
 *
 * @param encrypted the namespace of the database, where it is encrypted
 */
export function secretsRules(namespaces: readonly string[], encrypted: string | undefined): RuleGroup {
  return {
    name: 'secrets',
    alerts: [
      {
        name: 'ExternalSecretNotReady',
        severity: 'warning',
        expr: `kube_customresource_external_secret_condition{namespace=~"${namespaces.join('|')}",type="Ready"} == 0`,
        for: '15m',
        summary: 'A credential cannot be read from Vault',
        description:
          '{{ $labels.namespace }}/{{ $labels.name }} has not been ready for 15 minutes: its Secret is outdated or missing.',
      },
      ...(encrypted === undefined ? [] : [tokenNotRenewed(encrypted)]),
    ],
  }
}

/** The series of the CronJob that renews the token, in the namespace of the database. */
export function tokenRenewal(namespace: string): string {
  return `kube_cronjob_created{${cronJob(namespace)}}`
}

function cronJob(namespace: string): string {
  return `namespace="${namespace}",cronjob="${TOKEN_RENEWAL}"`
}

function tokenNotRenewed(namespace: string): Alert {
  return {
    name: 'VaultTokenNotRenewed',
    severity: 'warning',
    // A CronJob that never succeeded has no time of success.
    expr: `time() - (kube_cronjob_status_last_successful_time{${cronJob(namespace)}} or ${tokenRenewal(namespace)}) > ${THRESHOLDS.tokenRenewalDays} * 86400`,
    for: '10m',
    summary: "The database's Vault token is not renewed",
    description:
      'The last renewal was {{ $value | humanizeDuration }} ago; with an expired token, no node of the database in {{ $labels.namespace }} can start.',
  }
}
