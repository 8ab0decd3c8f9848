import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { applied } from '@chat-app/platform'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { documentedMetrics } from './documented-metrics.ts'
import { alertsOf, ruleFile, watched, type Rule } from '@chat-app/synth/pages'

const folder = resolve(import.meta.dirname, '..', '..', 'docs', 'runbooks')
const pages = readdirSync(folder)
const alerts = new Map<string, Rule>(
  watched.flatMap((cluster) => alertsOf(ruleFile(cluster)).map((rule) => [rule.alert ?? '', rule] as const)),
)

describe('every alert', () => {
  test('has a runbook, and there are no other runbooks', () => {
    expect(new Set(pages)).toEqual(new Set([...alerts.keys()].map((alert) => `${alert}.md`)))
  })

  test.each([...alerts])(
    '%s has the URL of its runbook, a severity, a summary, and a description with its value or labels',
    (alert, rule) => {
      expect(rule.annotations?.runbook_url).toMatch(new RegExp(`^https://\\S+/docs/runbooks/${alert}\\.md$`))
      expect(['critical', 'warning', 'none']).toContain(rule.labels?.severity)
      expect(rule.annotations?.summary).not.toBe('')
      const saysWhat = /\{\{ \$(value|labels)/.test(rule.annotations?.description ?? '')
      expect(saysWhat || alert === 'Watchdog').toBe(true)
    },
  )
})

test.each(pages)('%s has a meaning, an impact, a diagnosis and what to do', (page) => {
  const text = readFileSync(join(folder, page), 'utf8')
  const parts = text.split(/^#+ .*\n/m).map((part) => part.trim())
  expect(text).toMatch(new RegExp(`^# ${basename(page, '.md')}\\n`))
  expect(text.match(/^## .*/gm)).toEqual(['## Impact', '## Diagnosis', '## What to do'])
  for (const part of parts.slice(1)) expect(part.length).toBeGreaterThan(20)
  expect(parts[3]).toMatch(/```sh\n(kubectl|.*\n)/)
  for (const [, target = ''] of text.matchAll(/\]\((\w+\.md)\)/g)) expect(pages).toContain(target)
})

describe('the manifests have the objects that the runbooks name', () => {
  const objects = watched.flatMap((cluster) => applied(cluster))
  const texts = pages.map((page) => ({ page, text: readFileSync(join(folder, page), 'utf8') }))
  const named = (pattern: RegExp) =>
    texts.flatMap(({ page, text }) => [...text.matchAll(pattern)].map(([, name = '']) => ({ page, name })))
  const namesOf = (kind: string) =>
    new Set(objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name))

  test('the namespaces', () => {
    // Namespaces of prerequisites, and placeholders.
    const others = ['kube-system', 'cert-manager', 'external-secrets', 'ingress', 'NAMESPACE']
    const known = new Set([...namesOf('Namespace'), ...others])
    const found = named(/kubectl[^\n`]* -n ([\w-]+)/g)
    expect(found.length).toBeGreaterThan(50)
    expect(found.filter(({ name }) => !known.has(name))).toEqual([])
  })

  test('the backup storages, and their database', () => {
    const clusters = objects.filter(({ kind }) => kind === 'PerconaXtraDBCluster')
    const storages = new Set(
      clusters.flatMap(({ spec }) => Object.keys((spec as { backup?: { storages: object } }).backup?.storages ?? {})),
    )
    const found = named(/`storageName: ([\w-]+)`/g)
    expect(found).not.toEqual([])
    expect(found.filter(({ name }) => !storages.has(name))).toEqual([])
    const databases = named(/`pxcCluster: ([\w-]+)`/g)
    expect(databases).not.toEqual([])
    expect(databases.filter(({ name }) => !namesOf('PerconaXtraDBCluster').has(name))).toEqual([])
  })

  test('the Secrets', () => {
    // Secrets that people or operators create.
    const others = ['platform-root', 'platform-ca', 'platform-trust']
    const known = new Set([...namesOf('ExternalSecret'), ...others])
    const found = named(/[Ss]ecret `([\w-]+)`/g)
    expect(found.length).toBeGreaterThan(5)
    expect(found.filter(({ name }) => !known.has(name))).toEqual([])
  })
})

test('the documented configuration of kube-state-metrics has all metrics of custom resources', () => {
  const file = resolve(import.meta.dirname, '..', '..', 'docs', 'platform', 'kube-state-metrics.yaml')
  const { customResourceState } = parse(readFileSync(file, 'utf8')) as {
    customResourceState: { config: { spec: { resources: { metrics: { name: string }[] }[] } } }
  }
  const names = customResourceState.config.spec.resources.flatMap(({ metrics }) => metrics.map(({ name }) => name))
  expect(names.map((name) => `kube_customresource_${name}`).toSorted()).toEqual(
    documentedMetrics['kube-state-metrics, of custom resources'],
  )
})
