import { describe, expect, test } from 'vitest'
import { chooseChecks } from './choose-checks.ts'
import type { Check } from './checks.ts'

const check = (name: string): Check => ({ name, command: ['true'] })

describe('the checks of npm run check', () => {
  const choose = async (...names: string[]): Promise<string[]> => {
    const skipped = { ...check('Go vet'), skip: 'Go is not installed' }
    const optional = { manifests: () => Promise.resolve(check('manifests')) }
    return (await chooseChecks(names, [check('lint'), check('types'), skipped], optional)).map(({ name }) => name)
  }

  test('are the default checks, or the named ones', async () => {
    expect(await choose()).toEqual(['lint', 'types', 'Go vet'])
    expect(await choose('manifests', 'types')).toEqual(['types', 'manifests'])
  })

  test('exclude unknown names, and named checks that this machine cannot run', async () => {
    await expect(choose('spelling')).rejects.toThrow(
      'unknown check "spelling"; there are lint, types, Go vet, manifests',
    )
    await expect(choose('type')).rejects.toThrow('unknown check "type": did you mean types?')
    await expect(choose('Go vet')).rejects.toThrow('"Go vet" cannot run on this machine: Go is not installed')
  })
})
