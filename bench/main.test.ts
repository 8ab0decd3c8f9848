import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Each benchmark is loaded for it, outside of a test runner.
test('npm run bench -- --help names every benchmark', () => {
  const help = execFileSync(process.execPath, [join(import.meta.dirname, 'main.ts'), '--help'], { encoding: 'utf8' })
  for (const name of [
    'chaos',
    'connections',
    'crash',
    'fanout',
    'hostile',
    'operator',
    'persist',
    'rebalance',
    'releases',
    'rollouts',
    'sync',
    'synth',
  ])
    expect(help).toMatch(new RegExp(`^  ${name} `, 'm'))
})
