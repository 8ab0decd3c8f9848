import type { BundledPackage, ImageContents } from '@chat-app/sandbox-images'

/** A component of a CycloneDX document, as far as we use it. */
export interface Component {
  readonly type: 'application' | 'container' | 'library' | 'platform'
  readonly 'bom-ref': string
  readonly group?: string
  readonly name: string
  readonly version: string
  readonly hashes?: readonly { readonly alg: 'SHA-256' | 'SHA-512'; readonly content: string }[]
  readonly licenses?: readonly Licence[]
  readonly cpe?: string
  readonly purl?: string
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

export type Licence =
  | { readonly license: { readonly id: string } | { readonly name: string } }
  | { readonly expression: string }

/** What the lock file says of a package, by its folder. */
export type Lock = Readonly<Record<string, { readonly integrity?: string }>>

/** Everything in an image that others made. */
export function components(contents: ImageContents, lock: Lock, distribution: Distribution): Component[] {
  return [
    ...(contents.node === undefined ? [] : [nodeComponent(contents.node)]),
    ...contents.packages.map((each) => npmComponent(each, lock)),
    ...contents.debian.archives.map((archive) => debianComponent(archive, distribution)),
  ]
}

function npmComponent({ name, version, license, path }: BundledPackage, lock: Lock): Component {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  const [scope, short] = name.startsWith('@') ? name.split('/') : [undefined, name]
  const integrity = lock[path.slice(path.indexOf('node_modules/'))]?.integrity ?? lock[path]?.integrity
  return {
    type: 'library',
    'bom-ref': purl,
    ...(scope !== undefined && { group: scope }),
    name: short ?? name,
    version,
    ...(integrity?.startsWith('sha512-') && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice(7), 'base64').toString('hex') }],
    }),
    licenses: [npmLicence(license)],
    purl,
  }
}

/** One identifier of SPDX, an expression of several, or whatever else it says. */
function npmLicence(license: string): Licence {
  if (license === 'UNKNOWN' || license.startsWith('SEE ')) return { license: { name: license } }
  return /^[A-Za-z0-9.+-]+$/.test(license) ? { license: { id: license } } : { expression: license }
}

function nodeComponent(version: string): Component {
  const purl = `pkg:generic/node@${version}`
  return {
    type: 'platform',
    'bom-ref': purl,
    name: 'node',
    version,
    licenses: [{ license: { id: 'MIT' } }],
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    purl,
  }
}

/** Where the Debian packages come from. */
export interface Distribution {
  /** "debian", "ubuntu". */
  readonly id: string
  /** "12". */
  readonly version: string
  /** Names of the licences of a package, by its name. */
  readonly licences: (name: string) => readonly string[]
}

/** `archive` is name, version and architecture: "libc6_2.36-9+deb12u14_amd64", with %3a for a colon. */
function debianComponent(archive: string, { id, version: release, licences }: Distribution): Component {
  const [name = '', escaped = '', architecture = ''] = archive.split('_')
  const version = decodeURIComponent(escaped)
  const purl = `pkg:deb/${id}/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=${id}-${release}`
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    licenses: licences(name).map((licence) => ({ license: { name: licence } })),
    purl,
  }
}
