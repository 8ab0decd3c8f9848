import { describe, expect, test } from 'vitest'
import { prod } from '@chat-app/environments'
import { activeCluster } from '@chat-app/synth'
import { cases } from './cases/index.ts'
import { awake } from './cases/platform.ts'
import { checkRules, testRules } from './promtool.ts'
import { alertsOf, fullest, ruleFile, watched, type Rule, type RuleFile } from '@chat-app/synth/pages'

const all = ruleFile(fullest())

describe('the rules', () => {
  test.each(watched.map((cluster) => [cluster.folder, cluster] as const))(
    'of %s are valid for Prometheus',
    async (_, cluster) => {
      const { passed, output } = await checkRules(ruleFile(cluster))
      expect(passed, output).toBe(true)
    },
  )

  test('fire above their threshold, not below it, and not before their `for`', async () => {
    const { passed, output } = await testRules(all, cases)
    expect(passed, output).toBe(true)
  })

  test('expect metrics of the chat services and of the binlog upload only in the active region', async () => {
    const active = ruleFile(activeCluster(prod))
    const following = new Set(alertsOf(all).map(({ alert }) => alert))
    const own = cases.filter(({ alert }) => !following.has(alert))
    expect(own.map(({ alert }) => alert)).toEqual(['BinlogCollectorMissing'])
    const { passed, output } = await testRules(active, [awake, ...own])
    expect(passed, output).toBe(true)
  })

  test('fail these tests with another threshold', async () => {
    const heap = cases.filter(({ alert }) => alert === 'ChatHeapHigh')
    for (const threshold of ['> 0.82', '> 0.78']) {
      const { passed, output } = await testRules(changed(all, '> 0.8', threshold), heap)
      expect(passed).toBe(false)
      expect(output).toContain('ChatHeapHigh')
    }
  })

  test('fail these tests without their `for`', async () => {
    const withoutFor = all.groups.map(({ name, rules }) => ({
      name,
      rules: rules.map((rule) => ({ ...rule, for: '0m' })),
    }))
    const heap = cases.filter(({ alert }) => alert === 'ChatHeapHigh')
    expect((await testRules({ groups: withoutFor }, heap, all)).passed).toBe(false)
  })
})

test('every alert of every cluster has a case in which it fires and one in which it does not', () => {
  const alerts = new Set(watched.flatMap((cluster) => alertsOf(ruleFile(cluster)).map(({ alert }) => alert)))
  expect(new Set(cases.map(({ alert }) => alert))).toEqual(alerts)
  expect(cases).toHaveLength(alerts.size)
  const oneSided = cases.filter(({ fires, quiet }) => fires.length === 0 || quiet.length === 0)
  // Watchdog always fires: it shows that alerts are delivered.
  expect(oneSided.map(({ alert }) => alert)).toEqual(['Watchdog'])
})

function changed({ groups }: RuleFile, from: string, to: string): RuleFile {
  const change = (rule: Rule) => ({ ...rule, expr: rule.expr.replaceAll(from, to) })
  return { groups: groups.map((group) => ({ ...group, rules: group.rules.map(change) })) }
}
