import { describe, expect, it } from 'vitest'
import { aptConfig, parseUris } from './apt.ts'

const MACHINE = [
  'APT::Update::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb || true";',
  'DPkg::Post-Invoke:: "rm -f /var/cache/apt/*.bin || true";',
  'Acquire::http::Proxy "http://proxy.example.com:3128";',
  'Acquire::Languages "en";',
  'Acquire::IndexTargets "";',
  'Dir::State "var/lib/apt";',
].join('\n')

describe("apt's configuration", () => {
  const config = aptConfig('/cache/apt', MACHINE, 'amd64')

  it('places every file that apt writes in the cache of the sandbox', () => {
    expect(config).toContain('Dir::State "/cache/apt/state";')
    expect(config).toContain('Dir::State::status "/cache/apt/status";')
    expect(config).toContain('Dir::Cache "/cache/apt";')
    expect(config).toContain('Dir::Cache::archives "/cache/apt/archives";')
  })

  it("keeps the machine's proxies, and drops its hooks, which would change the machine's own cache", () => {
    expect(config).toContain('Acquire::http::Proxy "http://proxy.example.com:3128";')
    expect(config).not.toMatch(/Invoke/)
    expect(config).toContain('Dir::Etc::parts "/cache/apt/no-parts";')
  })

  it('sets each value of the sandbox once, after the kept ones', () => {
    expect(config.match(/^Acquire::Languages /gm)).toHaveLength(1)
    expect(config).toContain('Acquire::Languages "none";')
  })
})

describe('the list of packages', () => {
  it('contains names and sizes, and skips other lines', () => {
    const text = [
      'Reading package lists...',
      "'http://deb.example.com/pool/r/redis-tools_7.0.15-1_amd64.deb' redis-tools_5%3a7.0.15-1_amd64.deb 991988 SHA256:00",
      "'http://deb.example.com/pool/l/libc6_2.36_amd64.deb' libc6_2.36_amd64.deb 2759320 ",
    ].join('\n')
    expect(parseUris(text)).toEqual([
      { name: 'redis-tools_5%3a7.0.15-1_amd64.deb', bytes: 991_988 },
      { name: 'libc6_2.36_amd64.deb', bytes: 2_759_320 },
    ])
  })

  it('is empty if there is nothing to download', () => {
    expect(parseUris('Reading package lists...\n0 upgraded, 0 newly installed')).toEqual([])
  })
})
