import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import { createHash } from 'node:crypto'

const { Component } = Models

/** The image that a document is about. */
export interface DescribedImage {
  /** Name of the program in it: "chat-app services". */
  readonly title: string
  /** Names of the image without the tag: "registry.example.com/chat-app/chat-service". */
  readonly repositories: readonly [string, ...string[]]
  readonly version: string
  /** "sha256:..." of its manifest. */
  readonly digest: string
  readonly architecture: string
  /** ISO 8601. */
  readonly created: string
}

/** A CycloneDX 1.6 document (a software bill of materials) of an image: the same input gives the same text. */
export function sbomDocument(image: DescribedImage, components: readonly Models.Component[]): string {
  const { title, version, created } = image
  const refs = components.map(({ bomRef }) => bomRef)
  const program = new Component(Enums.ComponentType.Application, title, {
    bomRef: `program:${title}@${version}`,
    version,
    licenses: new Models.LicenseRepository([new Models.SpdxLicense('Apache-2.0')]),
    dependencies: new Models.BomRefRepository(refs),
  })
  const container = containerComponent(image)
  container.dependencies = new Models.BomRefRepository([program.bomRef, ...refs])
  const tool = new Component(Enums.ComponentType.Application, 'chat-app release', { version })
  const bom = new Models.Bom({
    metadata: new Models.Metadata({
      timestamp: new Date(created),
      lifecycles: new Models.LifecycleRepository([Enums.LifecyclePhase.Build]),
      tools: new Models.Tools({ components: new Models.ComponentRepository([tool]) }),
      component: container,
    }),
    components: new Models.ComponentRepository([program, ...components]),
  })
  // The library's own serial numbers are random.
  bom.serialNumber = `urn:uuid:${uuid(serialized(bom))}`
  return `${serialized(bom)}\n`
}

function serialized(bom: Models.Bom): string {
  const normalizers = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6)
  return new Serialize.JsonSerializer(normalizers).serialize(bom, { sortLists: true, space: 2 })
}

/** One image may have several names: the first stands for them. */
function containerComponent(image: DescribedImage): Models.Component {
  const { repositories, version, digest, architecture } = image
  const [repository, ...others] = repositories
  const name = repository.slice(repository.lastIndexOf('/') + 1)
  const where = `arch=${architecture}&repository_url=${encodeURIComponent(repository)}&tag=${version}`
  const purl = `pkg:oci/${name}@${encodeURIComponent(digest)}?${where}`
  return new Component(Enums.ComponentType.Container, repository, {
    bomRef: purl,
    purl,
    version,
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], digest.replace('sha256:', '')]]),
    properties: new Models.PropertyRepository(others.map((value) => new Models.Property('chat-app:repository', value))),
  })
}

/** A UUID of version 8 made of a text's hash. */
function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
