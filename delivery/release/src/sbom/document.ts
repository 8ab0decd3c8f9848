import { createHash } from 'node:crypto'
import type { Component } from './components.ts'

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
export function sbomDocument(image: DescribedImage, components: readonly Component[]): string {
  const { title, version, created } = image
  const container = containerComponent(image)
  const program: Component = {
    type: 'application',
    'bom-ref': `program:${title}@${version}`,
    name: title,
    version,
    licenses: [{ license: { id: 'Apache-2.0' } }],
  }
  const all = [program, ...components]
  const refs = all.map((component) => component['bom-ref'])
  const content = {
    version: 1,
    metadata: {
      timestamp: created,
      lifecycles: [{ phase: 'build' }],
      tools: { components: [{ type: 'application', name: 'chat-app release', version }] },
      component: container,
    },
    components: all,
    dependencies: [
      { ref: container['bom-ref'], dependsOn: refs },
      { ref: program['bom-ref'], dependsOn: refs.slice(1) },
      ...refs.slice(1).map((ref) => ({ ref })),
    ],
  }
  const head = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: `urn:uuid:${uuid(JSON.stringify(content))}` }
  return `${JSON.stringify({ ...head, ...content }, null, 2)}\n`
}

/** One image may have several names: the first stands for them. */
function containerComponent(image: DescribedImage): Component {
  const { repositories, version, digest, architecture } = image
  const [repository, ...others] = repositories
  const name = repository.slice(repository.lastIndexOf('/') + 1)
  const where = `arch=${architecture}&repository_url=${encodeURIComponent(repository)}&tag=${version}`
  const purl = `pkg:oci/${name}@${encodeURIComponent(digest)}?${where}`
  return {
    type: 'container',
    'bom-ref': purl,
    name: repository,
    version,
    hashes: [{ alg: 'SHA-256', content: digest.replace('sha256:', '') }],
    purl,
    ...(others.length > 0 && { properties: others.map((value) => ({ name: 'chat-app:repository', value })) }),
  }
}

/** A UUID of version 8 made of a text's hash. */
function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
