import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whyNoTool } from '@chat-app/sandbox-machine'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { runChecks } from './checks.ts'
import { secretsCheck } from './secrets-check.ts'

describe.skipIf(whyNoTool('gitleaks') !== undefined)('the search for secrets', () => {
  test('finds a key in a commit even when a later commit removes it, and does not print it', async () => {
    const checkout = repository()
    checkout.commit('export const bucket = "chat"\n')
    expect(await checked(checkout.folder)).toMatchObject({ code: 0 })

    // Joined at run time, so that the check does not find it in this file.
    const key = ['glpat', 'x7Rk2_mQp9LwZt4VbN8s'].join('-')
    checkout.commit(`export const token = "${key}"\n`)
    checkout.commit('export const token = process.env.TOKEN\n')
    const { code, text } = await checked(checkout.folder)
    expect(code).toBe(1)
    expect(text).toMatch(/settings\.ts[^]*gitlab-pat|gitlab-pat[^]*settings\.ts/)
    expect(text).not.toContain(key)
  })

  test('fails in a shallow clone', async () => {
    const checkout = repository()
    for (const text of ['one', 'two']) checkout.commit(text)
    const shallow = folder()
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${checkout.folder}`, shallow])
    const { code, text } = await checked(shallow)
    expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining('git fetch --unshallow') as string })
  })

  test('fails without commits, and outside of a repository', async () => {
    expect(await checked(repository().folder)).toMatchObject({ code: 1 })
    const { code, text } = await checked(folder())
    expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining('not a git repository') as string })
  })

  test.skipIf(process.getuid?.() !== 0)('fails when another user owns the repository', async () => {
    const checkout = repository()
    checkout.commit('one')
    chownSync(checkout.folder, 65534, 65534)
    // The settings of this machine may declare the folder safe.
    vi.stubEnv('GIT_CONFIG_GLOBAL', '/dev/null')
    vi.stubEnv('GIT_CONFIG_NOSYSTEM', '1')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { code, text } = await checked(checkout.folder)
    expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining('safe.directory') as string })
  })
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'secrets-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

function repository() {
  const path = folder()
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=@', ...args], { cwd: path })
  git('init', '-q')
  const commit = (text: string): void => {
    writeFileSync(join(path, 'settings.ts'), text)
    git('add', '-A')
    git('commit', '-qm', 'settings')
  }
  return { folder: path, commit }
}

async function checked(checkout: string): Promise<{ code: number; text: string }> {
  const lines: string[] = []
  const code = await runChecks([await secretsCheck(checkout)], (line) => lines.push(line))
  return { code, text: lines.join('\n') }
}
