import { Enums, Models } from '@cyclonedx/cyclonedx-library'
import type { BundledPackage, ImageContents } from '@chat-app/sandbox-images'

const { Component, LicenseExpression, NamedLicense, SpdxLicense } = Models

/** What the lock file says of a package, by its folder. */
export type Lock = Readonly<Record<string, { readonly integrity?: string }>>

/** Everything in an image that others made. */
export function components(contents: ImageContents, lock: Lock, distribution: Distribution): Models.Component[] {
  return [
    ...(contents.node === undefined ? [] : [nodeComponent(contents.node)]),
    ...contents.packages.map((each) => npmComponent(each, lock)),
    ...contents.debian.archives.map((archive) => debianComponent(archive, distribution)),
  ]
}

function npmComponent({ name, version, license, path }: BundledPackage, lock: Lock): Models.Component {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  const [scope, short] = name.startsWith('@') ? name.split('/') : [undefined, name]
  const integrity = lock[path.slice(path.indexOf('node_modules/'))]?.integrity ?? lock[path]?.integrity
  const hash = integrity?.startsWith('sha512-') ? Buffer.from(integrity.slice(7), 'base64').toString('hex') : undefined
  return new Component(Enums.ComponentType.Library, short ?? name, {
    bomRef: purl,
    purl,
    version,
    ...(scope !== undefined && { group: scope }),
    ...(hash !== undefined && { hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-512'], hash]]) }),
    licenses: new Models.LicenseRepository([npmLicence(license)]),
  })
}

/** One identifier of SPDX, an expression of several, or whatever else the package says. */
function npmLicence(license: string): Models.License {
  if (license === 'UNKNOWN' || license.startsWith('SEE ')) return new NamedLicense(license)
  // The serializer writes an identifier that SPDX does not have as a name.
  return /^[A-Za-z0-9.+-]+$/.test(license) ? new SpdxLicense(license) : new LicenseExpression(license)
}

function nodeComponent(version: string): Models.Component {
  const purl = `pkg:generic/node@${version}`
  return new Component(Enums.ComponentType.Platform, 'node', {
    bomRef: purl,
    purl,
    version,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    licenses: new Models.LicenseRepository([new SpdxLicense('MIT')]),
  })
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
function debianComponent(archive: string, { id, version: release, licences }: Distribution): Models.Component {
  const [name = '', escaped = '', architecture = ''] = archive.split('_')
  const version = decodeURIComponent(escaped)
  const purl = `pkg:deb/${id}/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=${id}-${release}`
  return new Component(Enums.ComponentType.Library, name, {
    bomRef: purl,
    purl,
    version,
    licenses: new Models.LicenseRepository(licences(name).map((licence) => new NamedLicense(licence))),
  })
}
