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
    'of %s can be read by Prometheus',
    async (_, cluster) => {
      const { isContent, output } = await checkRules(ruleFile(cluster))
      expect(isContent, output).toBe(true)
    },
  )

  test('fire at their threshold and not below it, and wait as long as they say', async () => {
    const { isContent, output } = await testRules(all, cases)
    expect(isContent, output).toBe(true)
  })

  test('miss the chat services and the upload of the binary log only in the region that takes the writes', async () => {
    const active = ruleFile(activeCluster(prod))
    const following = new Set(alertsOf(all).map(({ alert }) => alert))
    const own = cases.filter(({ alert }) => !following.has(alert))
    expect(own.map(({ alert }) => alert)).toEqual(['BinlogCollectorMissing'])
    const { isContent, output } = await testRules(active, [awake, ...own])
    expect(isContent, output).toBe(true)
  })

  test('would be found out with another threshold', async () => {
    const heap = cases.filter(({ alert }) => alert === 'ChatHeapHigh')
    for (const threshold of ['> 0.82', '> 0.78']) {
      const { isContent, output } = await testRules(changed(all, '> 0.8', threshold), heap)
      expect(isContent).toBe(false)
      expect(output).toContain('ChatHeapHigh')
    }
  })

  test('would be found out if they did not wait', async () => {
    const hasty = all.groups.map(({ name, rules }) => ({ name, rules: rules.map((rule) => ({ ...rule, for: '0m' })) }))
    const heap = cases.filter(({ alert }) => alert === 'ChatHeapHigh')
    expect((await testRules({ groups: hasty }, heap, all)).isContent).toBe(false)
  })
})

test('every alert of every cluster has a case, of when it fires and of when it does not', () => {
  const alerts = new Set(watched.flatMap((cluster) => alertsOf(ruleFile(cluster)).map(({ alert }) => alert)))
  expect(new Set(cases.map(({ alert }) => alert))).toEqual(alerts)
  expect(cases).toHaveLength(alerts.size)
  const oneSided = cases.filter(({ fires, quiet }) => fires.length === 0 || quiet.length === 0)
  // It tells that alerts arrive by never ending.
  expect(oneSided.map(({ alert }) => alert)).toEqual(['Watchdog'])
})

function changed({ groups }: RuleFile, from: string, to: string): RuleFile {
  const change = (rule: Rule) => ({ ...rule, expr: rule.expr.replaceAll(from, to) })
  return { groups: groups.map((group) => ({ ...group, rules: group.rules.map(change) })) }
}
