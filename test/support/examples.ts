import type { KubernetesObject } from '@chat-app/chat'
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'

const DOCS = resolve(import.meta.dirname, '..', '..', 'docs', 'platform')

/** The complete objects in the YAML blocks of docs/platform; blocks without apiVersion are fragments. */
export function documentedObjects(): KubernetesObject[] {
  const pages = globSync('*.md', { cwd: DOCS }).map((page) => readFileSync(join(DOCS, page), 'utf8'))
  const blocks = pages.flatMap((page) => [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text))
  const objects = blocks.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as unknown))
  return objects.filter(isObject)
}

function isObject(value: unknown): value is KubernetesObject {
  return typeof value === 'object' && value !== null && 'apiVersion' in value && 'metadata' in value
}
