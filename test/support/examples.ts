import type { KubernetesObject } from '@chat-app/chat'
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'

const docs = resolve(import.meta.dirname, '..', '..', 'docs', 'platform')

/** The whole objects that the pages about the platform show as YAML; a fragment of one has no apiVersion. */
export function documentedObjects(): KubernetesObject[] {
  const pages = globSync('*.md', { cwd: docs }).map((page) => readFileSync(join(docs, page), 'utf8'))
  const blocks = pages.flatMap((page) => [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text))
  const objects = blocks.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as unknown))
  return objects.filter(isObject)
}

function isObject(value: unknown): value is KubernetesObject {
  return typeof value === 'object' && value !== null && 'apiVersion' in value && 'metadata' in value
}
