import { createPrivateKey, X509Certificate } from 'node:crypto'
import { CERTIFICATE_DAYS } from '../../../limits.ts'
import { error, ok, warning, type Finding } from '../finding.ts'
import type { Site } from '../site.ts'
import type { Secret } from './secret.ts'

const DAY_MS = 86_400_000
const HOSTS = ['api', 'websocket'] as const

/** Whether the certificates of `spec.exposure.tls.secretNames` are for the hosts, are valid, and fit their keys. */
export function certificateFindings({ model, now }: Site, secrets: ReadonlyMap<string, Secret>): Finding[] {
  const { hosts, tls } = model.spec.exposure
  if (hosts === undefined || tls?.secretNames === undefined) return []
  const { secretNames } = tls
  return HOSTS.map((of) => findingOf(secretNames[of], secrets.get(secretNames[of]), hosts[of], now))
}

function findingOf(name: string, secret: Secret | undefined, host: string, now: Date): Finding {
  const where = `Secret/${name}`
  const why = 'clients refuse the connection, or see the certificate of the ingress controller itself'
  const fault = (reason: string, what: string) =>
    error({
      reason,
      where,
      what,
      why,
      fix: `put a certificate for ${host} and its key into it (type kubernetes.io/tls)`,
    })
  if (secret === undefined) return fault('MissingSecret', 'does not exist (spec.exposure.tls.secretNames)')
  const [chain, key] = [textOf(secret, 'tls.crt'), textOf(secret, 'tls.key')]
  if (chain === '' || key === '') return fault('InvalidSecret', 'has no "tls.crt" or no "tls.key"')
  const certificate = certificateOf(chain)
  if (certificate === undefined) return fault('InvalidSecret', 'its "tls.crt" is no certificate in PEM')
  if (!isKeyOf(certificate, key)) return fault('InvalidSecret', 'its "tls.key" is not the key of its "tls.crt"')
  if (certificate.checkHost(host) === undefined)
    return fault(
      'WrongCertificate',
      `its certificate is for ${certificate.subjectAltName ?? 'no host'}, and not for ${host}`,
    )
  const ends = certificate.validToDate
  if (ends < now) return fault('ExpiredCertificate', `its certificate ended at ${ends.toISOString()}`)
  if (ends.getTime() - now.getTime() > CERTIFICATE_DAYS * DAY_MS)
    return ok(where, `is for ${host}, until ${ends.toISOString()}`)
  return warning({
    reason: 'CertificateEnds',
    where,
    what: `its certificate for ${host} ends at ${ends.toISOString()}`,
    why: 'clients refuse the connection from then on',
    fix: 'renew it',
  })
}

function textOf({ data }: Secret, key: string): string {
  return Buffer.from(data?.[key] ?? '', 'base64').toString('utf8')
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function isKeyOf(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}
