import { afterEach, describe, expect, it, vi } from 'vitest'
import { nodeRequirements } from './requirements.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

describe('what a machine lacks for a node', () => {
  it('is named with what helps: a machine without apt', async () => {
    vi.stubEnv('PATH', '/nonexistent')
    const missing = await nodeRequirements()
    const apt = missing.find(({ what }) => what.includes('apt-get'))
    expect(apt?.what).toContain('dpkg-deb')
    expect(apt?.remedy).toContain('--context NAME')
  })

  it('is root, where a user has no sudo', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000)
    vi.stubEnv('PATH', '/nonexistent')
    expect(await nodeRequirements()).toContainEqual({
      what: 'root (and there is no sudo)',
      remedy: 'run it as root, or use a cluster that you have: --context NAME',
    })
  })

  it('is Linux alone on another system, as nothing else can be told there', async () => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin')
    const missing = await nodeRequirements()
    expect(missing.map(({ what }) => what)).toEqual(['Linux (this is darwin)'])
    expect(missing[0]?.remedy).toContain('--context NAME')
  })
})
