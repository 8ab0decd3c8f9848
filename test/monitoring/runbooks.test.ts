import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { alertsOf, ruleFile, watched, type Rule } from './rendered.ts'

const folder = resolve(import.meta.dirname, '../../docs/runbooks')
const pages = readdirSync(folder)
const alerts = new Map<string, Rule>(
  watched.flatMap((cluster) => alertsOf(ruleFile(cluster)).map((rule) => [rule.alert ?? '', rule] as const)),
)

describe('every alert', () => {
  test('has a page, and there are no other pages', () => {
    expect(new Set(pages)).toEqual(new Set([...alerts.keys()].map((alert) => `${alert}.md`)))
  })

  test.each([...alerts])('%s names its page, its severity, and what is wrong with which value', (alert, rule) => {
    expect(rule.annotations?.runbook_url).toMatch(new RegExp(`^https://\\S+/docs/runbooks/${alert}\\.md$`))
    expect(['critical', 'warning', 'none']).toContain(rule.labels?.severity)
    expect(rule.annotations?.summary).not.toBe('')
    const saysWhat = /\{\{ \$(value|labels)/.test(rule.annotations?.description ?? '')
    expect(saysWhat || alert === 'Watchdog').toBe(true)
  })
})

test.each(pages)('%s tells what it means, what it does to users, how to look and what to do', (page) => {
  const text = readFileSync(join(folder, page), 'utf8')
  const parts = text.split(/^#+ .*\n/m).map((part) => part.trim())
  expect(text).toMatch(new RegExp(`^# ${basename(page, '.md')}\\n`))
  expect(text.match(/^## .*/gm)).toEqual(['## Impact', '## Diagnosis', '## What to do'])
  for (const part of parts.slice(1)) expect(part.length).toBeGreaterThan(20)
  expect(parts[3]).toMatch(/```sh\n(kubectl|.*\n)/)
  // A link to another page leads somewhere.
  for (const [, target = ''] of text.matchAll(/\]\((\w+\.md)\)/g)) expect(pages).toContain(target)
})
