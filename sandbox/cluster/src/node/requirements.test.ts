import { afterEach, describe, expect, it, vi } from 'vitest'
import { nodeRequirements } from './requirements.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

describe('what is missing for a node', () => {
  it('includes the programs of apt, with the remedy, on a machine without apt', async () => {
    vi.stubEnv('PATH', '/nonexistent')
    const missing = await nodeRequirements()
    const apt = missing.find(({ what }) => what.includes('apt-get'))
    expect(apt?.what).toContain('dpkg-deb')
    expect(apt?.remedy).toContain('--context NAME')
  })

  it('is root for a user without sudo', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000)
    vi.stubEnv('PATH', '/nonexistent')
    expect(await nodeRequirements()).toContainEqual({
      what: 'root (sudo is not installed)',
      remedy: 'run the command as root, or use an existing cluster: --context NAME',
    })
  })

  it('is only Linux on another system, where nothing else is checked', async () => {
    vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin')
    const missing = await nodeRequirements()
    expect(missing.map(({ what }) => what)).toEqual(['Linux (this is darwin)'])
    expect(missing[0]?.remedy).toContain('--context NAME')
  })
})
