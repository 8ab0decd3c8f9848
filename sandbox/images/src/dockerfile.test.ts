import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { imageDefinitions, LABEL } from './definitions.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')
const dockerfile = readFileSync(join(CHECKOUT, 'Dockerfile'), 'utf8')
const ignored = readFileSync(join(CHECKOUT, '.dockerignore'), 'utf8').split('\n')

/** The variables of a target and of `runtime`, which it is made from. */
function envOf(target: string): Record<string, string> {
  const stages = dockerfile
    .split(/^FROM /m)
    .filter((stage) => / AS (.+)\n/.exec(stage)?.[1]?.match(`^(runtime|${target})$`))
  const lines = stages.flatMap((stage) => [...stage.matchAll(/^ENV (.+)$/gm)].map(([, pairs = '']) => pairs))
  return Object.fromEntries(
    lines.flatMap((pairs) => pairs.split(' ').map((pair) => pair.split('=') as [string, string])),
  )
}

describe('the Dockerfile', () => {
  it('installs the packages of every workspace of the lock file', () => {
    const { workspaces } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')) as { workspaces: string[] }
    for (const path of globSync(workspaces, { cwd: CHECKOUT })) {
      expect(dockerfile).toContain(`COPY ${path}/package.json ${path}/\n`)
      // .dockerignore leaves out what it does not name: the file itself, or a folder above it.
      const sent = ignored.filter((line) => `!${path}/package.json/`.startsWith(`${line}/`))
      expect(sent, `.dockerignore must have a line such as !${path}/package.json`).not.toEqual([])
    }
  })

  it('builds every program that the sandbox builds, and runs it the same way', () => {
    const own = imageDefinitions.filter(({ program }) => program)
    expect(own.map(({ name }) => name)).toEqual(['chat-service', 'websocket-service', 'operator', 'demo-users'])
    // Both services are built from the same target.
    for (const { name, config } of own.filter(({ name }) => name !== 'websocket-service')) {
      expect(dockerfile).toContain(`write-program.ts ${name} /out/`)
      expect(dockerfile).toContain(`ENTRYPOINT ${JSON.stringify(config.entrypoint).replaceAll(',', ', ')}`)
      expect(dockerfile).toContain(`USER ${config.user}`)
      for (const [label, value] of Object.entries(config.labels ?? {})) {
        expect(dockerfile).toContain(`${label}="${value}"`)
      }
      for (const [key, value] of Object.entries(config.env ?? {}))
        expect(envOf(name === 'chat-service' ? 'service' : name)).toHaveProperty(key, value)
    }
  })

  it('sets the labels that a release sets', () => {
    for (const label of ['version', 'revision', 'created']) {
      expect(dockerfile).toContain(`${LABEL}.${label}="\${${label.toUpperCase()}}"`)
    }
  })

  it('has its base images as arguments, and downloads only the packages of the lock file', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)
    expect(bases).toEqual(['${BUILD_IMAGE}', '${BASE_IMAGE}', 'runtime', 'runtime', 'runtime'])
    for (const base of ['BUILD_IMAGE', 'BASE_IMAGE']) {
      const tag = new RegExp(`^ARG ${base}=\\S+:(\\S+)$`, 'm').exec(dockerfile)?.[1]
      expect(tag).toBeDefined()
      expect(tag).not.toBe('latest')
    }
    expect(dockerfile).not.toMatch(/\b(apt-get|apk|curl|wget|git clone|npm (i|install))\b|^ADD /m)
    expect(dockerfile).toContain('RUN npm ci --ignore-scripts')
  })
})
