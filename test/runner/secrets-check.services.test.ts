import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whyNoTool } from '@chat-app/sandbox'
import { expect, onTestFinished, test } from 'vitest'
import { runChecks } from './checks.ts'
import { secretsCheck } from './secrets-check.ts'

test.skipIf(whyNoTool('gitleaks') !== undefined)(
  'the search for secrets finds a key in a commit, also when a later commit removed it, and does not print it',
  async () => {
    const checkout = mkdtempSync(join(tmpdir(), 'secrets-'))
    onTestFinished(() => rmSync(checkout, { recursive: true }))
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=@', ...args], { cwd: checkout })
    const commit = (text: string): void => {
      writeFileSync(join(checkout, 'settings.ts'), text)
      git('add', '-A')
      git('commit', '-qm', 'settings')
    }
    git('init', '-q')
    commit('export const bucket = "chat"\n')
    const messages: string[] = []
    const exitCode = async () => runChecks([await secretsCheck(checkout)], (text) => messages.push(text))
    expect(await exitCode()).toBe(0)

    // Made up here, so that this file holds no secret.
    const key = ['glpat', 'x7Rk2_mQp9LwZt4VbN8s'].join('-')
    commit(`export const token = "${key}"\n`)
    commit('export const token = process.env.TOKEN\n')
    expect(await exitCode()).toBe(1)
    expect(messages.join('\n')).toMatch(/settings\.ts[^]*gitlab-pat|gitlab-pat[^]*settings\.ts/)
    expect(messages.join('\n')).not.toContain(key)
  },
  // The first time it builds gitleaks.
  300_000,
)
