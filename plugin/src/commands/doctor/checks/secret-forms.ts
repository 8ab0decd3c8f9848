import type { SecretUse } from '@chat-app/chat'
import { parseDatabaseUrl } from '@chat-app/services/database-url'
import { parseRedisUrl } from '@chat-app/services/redis-url'
import { X509Certificate } from 'node:crypto'

/**
 * What is wrong with the value of a Secret by the rules of the services; undefined for a valid one. No part of the value is
 * in the answer.
 */
export function formFault({ purpose, minLength }: SecretUse, value: string): string | undefined {
  if (value === '') return 'is empty'
  if (value.length < minLength) return `has ${value.length} characters, at least ${minLength} are needed`
  return parsed(FORMS[purpose], value)
}

const FORMS: Readonly<Record<SecretUse['purpose'], (value: string) => unknown>> = {
  database: parseDatabaseUrl,
  redis: parseRedisUrl,
  broadcast: parseRedisUrl,
  jwt: () => undefined,
  'jwt-previous': () => undefined,
  'database-ca': authorities,
  'redis-ca': authorities,
}

function parsed(parse: (value: string) => unknown, value: string): string | undefined {
  try {
    parse(value)
    return undefined
  } catch (error) {
    return withoutValue((error as Error).message)
  }
}

/** What the parsers quote of a value: its scheme, and the number of a database of Redis. */
function withoutValue(message: string): string {
  return message
    .replace(/, its scheme is .*/s, ', it has another scheme')
    .replace(/its database ".*" is/s, 'its database is')
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** @throws Error when there is no certificate, or one cannot be read */
function authorities(text: string): void {
  const certificates = text.match(CERTIFICATE) ?? []
  if (certificates.length === 0) throw new Error('must have certificates in PEM (-----BEGIN CERTIFICATE-----)')
  for (const certificate of certificates) {
    const { validToDate } = certificateOf(certificate)
    if (validToDate.getTime() < Date.now())
      throw new Error(`has a certificate that ended at ${validToDate.toISOString()}`)
  }
}

function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    // The message of the library may quote the text.
    throw new Error('has a certificate that cannot be read')
  }
}
