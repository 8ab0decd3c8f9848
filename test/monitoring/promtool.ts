import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Case, Series } from './cases/case.ts'
import { alertsOf, type RuleFile } from '@chat-app/synth/pages'

const run = promisify(execFile)

/** The result and the output of promtool. */
export interface Verdict {
  readonly passed: boolean
  readonly output: string
}

/** Checks the PromQL and the templates of the rules. */
export function checkRules(rules: RuleFile): Promise<Verdict> {
  return promtool({ 'rules.yaml': rules }, ['check', 'rules', 'rules.yaml'])
}

/**
 * Tests the rules with all cases in one run of promtool. Each case evaluates only its own alert, because that is fast.
 *
 * @param documented rules with the expected `for` of each alert
 */
export function testRules(rules: RuleFile, cases: readonly Case[], documented = rules): Promise<Verdict> {
  const waits = new Map(alertsOf(documented).map(({ alert = '', for: wait }) => [alert, minutes(wait)]))
  const files = new Map<string, object>()
  for (const { name, rules: own } of rules.groups) {
    const recordings = own.filter(({ record }) => record !== undefined)
    for (const one of cases) {
      const rule = own.find(({ alert }) => alert === one.alert)
      if (rule === undefined) continue
      files.set(`${one.alert}.yaml`, { groups: [{ name, rules: [...recordings, rule] }] })
      files.set(`${one.alert}.test.yaml`, {
        rule_files: [`${one.alert}.yaml`],
        evaluation_interval: `${one.interval ?? 1}m`,
        tests: testsOf(one, waits.get(one.alert) ?? 0),
      })
    }
  }
  const tests = [...files.keys()].filter((file) => file.endsWith('.test.yaml'))
  return promtool(Object.fromEntries(files), ['test', 'rules', ...tests])
}

function testsOf({ alert, fires, quiet, begins = 0, at, interval = 1 }: Case, wait: number) {
  const due = begins + wait
  const late = at ?? due + 20 * interval
  const firing = (evalMinutes: number, expected: 0 | 1) => ({
    // Counted, so that no case has to repeat the labels of the alert.
    expr: `clamp_max(count(ALERTS{alertname="${alert}",alertstate="firing"}), 1) or vector(0)`,
    eval_time: `${evalMinutes}m`,
    exp_samples: [{ labels: '{}', value: expected }],
  })
  const test = (name: string, input: readonly Series[], looks: readonly object[]) => ({
    name,
    interval: `${interval}m`,
    input_series: input,
    promql_expr_test: looks,
  })
  const before = wait === 0 && begins === 0 ? [] : [firing(Math.max(due - interval, 0), 0)]
  return [
    ...fires.map((input, way) => test(`${alert} fires (${way + 1})`, input, [...before, firing(late, 1)])),
    ...quiet.map((input, way) => test(`${alert} is quiet (${way + 1})`, input, [firing(late, 0)])),
  ]
}

function minutes(duration = '0m'): number {
  const units: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1440 }
  return Number(duration.slice(0, -1)) * (units[duration.slice(-1)] ?? Number.NaN)
}

async function promtool(files: Readonly<Record<string, object>>, args: readonly string[]): Promise<Verdict> {
  const dir = await mkdtemp(join(tmpdir(), 'chat-app-promtool-'))
  try {
    // promtool reads YAML, and JSON is YAML.
    for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), JSON.stringify(content))
    const [program = '', ...prefix] = inRoot(await debianRoot(['prometheus']), 'usr/bin/promtool')
    const { stdout, stderr } = await run(program, [...prefix, ...args], { cwd: dir, maxBuffer: 16 << 20 })
    return { passed: true, output: stdout + stderr }
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    if (stdout === undefined) throw error
    return { passed: false, output: `${stdout}${stderr ?? ''}` }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
