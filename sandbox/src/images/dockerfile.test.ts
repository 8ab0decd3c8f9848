import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { imageDefinitions } from './definitions.ts'

const CHECKOUT = join(import.meta.dirname, '../../..')
const dockerfile = readFileSync(join(CHECKOUT, 'Dockerfile'), 'utf8')

describe('the Dockerfile', () => {
  it('installs the packages of every workspace of the lock file', () => {
    const { workspaces } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')) as { workspaces: string[] }
    for (const path of globSync(workspaces, { cwd: CHECKOUT })) {
      expect(dockerfile).toContain(`COPY ${path}/package.json ${path}/\n`)
    }
  })

  it('builds every program that the sandbox builds, and runs it the same way', () => {
    const own = imageDefinitions.filter(({ program }) => program)
    expect(own.map(({ name }) => name)).toEqual(['chat-service', 'websocket-service', 'operator', 'demo-users'])
    // The two services are one image under two names.
    for (const { name, config } of own.filter(({ name }) => name !== 'websocket-service')) {
      expect(dockerfile).toContain(`write-program.ts ${name} /out/`)
      expect(dockerfile).toContain(`ENTRYPOINT ${JSON.stringify(config.entrypoint).replaceAll(',', ', ')}`)
      expect(dockerfile).toContain(`USER ${config.user}`)
    }
  })
})
