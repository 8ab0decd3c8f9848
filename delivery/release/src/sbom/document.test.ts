import type { ImageContents } from '@chat-app/sandbox-images'
import { Ajv } from 'ajv'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { components } from './components.ts'
import { licencesIn } from './debian.ts'
import { sbomDocument, type DescribedImage } from './document.ts'

const contents: ImageContents = {
  node: '24.1.2',
  packages: [
    { name: '@scope/tool', version: '2.0.0', license: 'MIT', path: 'node_modules/@scope/tool' },
    { name: 'either', version: '1.0.0', license: '(MIT OR Apache-2.0)', path: 'services/node_modules/either' },
    { name: 'own', version: '1.0.0', license: 'Own-1.0', path: 'node_modules/own' },
    { name: 'unsaid', version: '0.1.0', license: 'SEE LICENSE IN x.txt', path: 'node_modules/unsaid' },
  ],
  debian: { root: '/nowhere', archives: ['tools_5%3a7.0.15-1~deb12u10+b1_amd64'] },
}
const hash = createHash('sha512').update('hash').digest()
const lock = { 'node_modules/@scope/tool': { integrity: `sha512-${hash.toString('base64')}` } }
const image: DescribedImage = {
  title: 'chat-app-services',
  repositories: ['registry.example.com/chat-app/chat-service', 'registry.example.com/chat-app/websocket-service'],
  version: '1.2.3',
  digest: `sha256:${'a'.repeat(64)}`,
  architecture: 'amd64',
  created: '2026-01-02T03:04:05Z',
}
const found = components(contents, lock, { id: 'debian', version: '12', licences: () => ['BSD-3-clause'] })
const text = sbomDocument(image, found)
const document = JSON.parse(text) as Document

/** The fields of a CycloneDX document that are looked at here. */
interface Document {
  serialNumber: string
  metadata: { timestamp: string; component: Component }
  components: Component[]
  dependencies: { ref: string; dependsOn?: string[] }[]
}

interface Component {
  'bom-ref': string
  name: string
  licenses?: unknown[]
}

/** One of the schemas that the library has from cyclonedx.org. */
function schema(name: string): object {
  const file = import.meta
    .resolve('@cyclonedx/cyclonedx-library/package.json')
    .replace('package.json', `res/schema/${name}`)
  return JSON.parse(readFileSync(fileURLToPath(file), 'utf8')) as object
}

test('the document is valid under the schema of CycloneDX 1.6', () => {
  const names = ['spdx', 'cryptography-defs', 'jsf-0.82'].map((name) => `${name}.SNAPSHOT.schema.json`)
  const schemas = Object.fromEntries(names.map((name) => [`http://cyclonedx.org/schema/${name}`, schema(name)]))
  const ajv = new Ajv({ strict: false, validateFormats: false, schemas })
  const validate = ajv.compile(schema('bom-1.6.SNAPSHOT.schema.json'))
  validate(document)
  expect(validate.errors).toBeNull()
  expect(validate({ ...document, version: 0 })).toBe(false)
})

test('packages of npm are named by their purl, with licence and hash', () => {
  expect(component('tool')).toMatchObject({
    group: '@scope',
    version: '2.0.0',
    purl: 'pkg:npm/%40scope/tool@2.0.0',
    licenses: [{ license: { id: 'MIT' } }],
    hashes: [{ alg: 'SHA-512', content: hash.toString('hex') }],
  })
  expect(component('either').licenses).toEqual([{ expression: '(MIT OR Apache-2.0)' }])
  expect(component('own').licenses).toEqual([{ license: { name: 'Own-1.0' } }])
  expect(component('unsaid').licenses).toEqual([{ license: { name: 'SEE LICENSE IN x.txt' } }])
})

test('packages of Debian and Node.js are among them', () => {
  expect(component('tools')).toMatchObject({
    version: '5:7.0.15-1~deb12u10+b1',
    purl: 'pkg:deb/debian/tools@5%3A7.0.15-1~deb12u10%2Bb1?arch=amd64&distro=debian-12',
    licenses: [{ license: { name: 'BSD-3-clause' } }],
  })
  expect(component('node')).toMatchObject({ version: '24.1.2', cpe: 'cpe:2.3:a:nodejs:node.js:24.1.2:*:*:*:*:*:*:*' })
})

test('the document is about the image, by its digest and all its names', () => {
  expect(document).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 })
  expect(document.metadata.component).toMatchObject({
    type: 'container',
    name: 'registry.example.com/chat-app/chat-service',
    hashes: [{ alg: 'SHA-256', content: 'a'.repeat(64) }],
    properties: [{ name: 'chat-app:repository', value: 'registry.example.com/chat-app/websocket-service' }],
  })
})

test('every reference is of one component, and every component is what the image depends on', () => {
  const refs = document.components.map((each) => each['bom-ref'])
  expect(new Set(refs).size).toBe(refs.length)
  const root = document.metadata.component['bom-ref']
  expect(document.dependencies.map(({ ref }) => ref).toSorted()).toEqual([root, ...refs].toSorted())
  expect(document.dependencies.find(({ ref }) => ref === root)?.dependsOn?.toSorted()).toEqual(refs.toSorted())
})

test('it is the same again, and another for another image', () => {
  expect(sbomDocument(image, found)).toBe(text)
  expect(document.metadata.timestamp).toBe(new Date(image.created).toISOString())
  expect(document.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  const other = sbomDocument({ ...image, version: '1.2.4' }, found)
  expect((JSON.parse(other) as typeof document).serialNumber).not.toBe(document.serialNumber)
})

test.each([
  [
    'structured',
    'Format: https://www.debian.org/\nLicense: MIT\n text\n\nFiles: *\nLicense: GPL-2+\n\nLicense: MIT\n',
    ['GPL-2+', 'MIT'],
  ],
  ['free', 'see /usr/share/common-licenses/LGPL-2.1.\nand /usr/share/common-licenses/GPL-3', ['GPL-3', 'LGPL-2.1']],
  ['without names', 'Do as you like.', ['see the copyright file']],
])('licences of a copyright file: %s', (_, copyright, names) => expect(licencesIn(copyright)).toEqual(names))

function component(name: string): Component {
  const found = document.components.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no component ${name}`)
  return found
}
