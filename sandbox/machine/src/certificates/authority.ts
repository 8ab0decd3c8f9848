// @peculiar/x509 requires this polyfill to be loaded first.
import 'reflect-metadata'
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** Paths of a certificate file and its key file, both PEM. */
export interface IdentityFiles {
  readonly certificate: string
  readonly key: string
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' }
const VALID_DAYS = 365
const DAY_MS = 86_400_000

/** A certificate and its private key (PKCS #8), both PEM. */
export interface Identity {
  readonly certificate: string
  readonly key: string
}

export interface CertificateRequest {
  readonly commonName: string
  /** Organizations (O) of the subject. Kubernetes treats them as the groups of the user. @default [] */
  readonly organizations?: readonly string[]
  /** Host names of a serving certificate. @default [] */
  readonly dnsNames?: readonly string[]
  /** IP addresses of a serving certificate. @default [] */
  readonly addresses?: readonly string[]
  readonly usages: readonly ('client' | 'server')[]
}

/** A certificate authority in memory. Its key is never written to disk. */
export interface Authority {
  /** PEM. */
  readonly certificate: string
  issue(request: CertificateRequest): Promise<Identity>
}

/**
 * Creates a self-signed authority (ECDSA P-256, valid for 365 days).
 *
 * @param commonName must differ from the common names of the certificates that it issues: a certificate whose subject
 * equals its issuer is treated as self-signed
 */
export async function createAuthority(commonName: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify'])
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: SIGNATURE,
    serialNumber: serialNumber(),
    ...validity(),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: root.toString('pem'), issue: (request) => issue(root, keys.privateKey, request) }
}

/** Creates a key pair (ECDSA P-256, PEM) that signs and verifies service account tokens. */
export function signingKeyPair(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
}

async function issue(
  root: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
  request: CertificateRequest,
): Promise<Identity> {
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify'])
  const organizations = request.organizations ?? []
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [...organizations.map((name) => ({ O: [name] })), { CN: [request.commonName] }],
    issuer: root.subjectName,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: SIGNATURE,
    serialNumber: serialNumber(),
    ...validity(),
    extensions: await leafExtensions(root, request),
  })
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { certificate: certificate.toString('pem'), key: x509.PemConverter.encode(der, 'PRIVATE KEY') }
}

async function leafExtensions(root: x509.X509Certificate, request: CertificateRequest): Promise<x509.Extension[]> {
  const usages = { client: x509.ExtendedKeyUsage.clientAuth, server: x509.ExtendedKeyUsage.serverAuth }
  const names = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ]
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(request.usages.map((usage) => usages[usage])),
    await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
  ]
}

/** 16 random bytes, hexadecimal. RFC 5280 requires a positive number, so the first bit is 0. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0)
  return bytes.toString('hex')
}

/** Starts one minute in the past, so that a client whose clock is slightly behind accepts the certificate. */
function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now()
  return { notBefore: new Date(now - 60_000), notAfter: new Date(now + VALID_DAYS * DAY_MS) }
}
