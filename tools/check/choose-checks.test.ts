import { describe, expect, test } from 'vitest'
import { chooseChecks } from './choose-checks.ts'
import type { Check } from './checks.ts'

const check = (name: string): Check => ({ name, command: ['true'] })

describe('the checks of npm run check', () => {
  const choose = async (...names: string[]): Promise<string[]> => {
    const unable = { ...check('Go vet'), skip: 'Go is not installed' }
    const further = { manifests: () => Promise.resolve(check('manifests')) }
    return (await chooseChecks(names, [check('lint'), check('types'), unable], further)).map(({ name }) => name)
  }

  test('are all but the further ones, or those that are named', async () => {
    expect(await choose()).toEqual(['lint', 'types', 'Go vet'])
    expect(await choose('manifests', 'types')).toEqual(['types', 'manifests'])
  })

  test('an unknown name is refused, and a check that cannot run here', async () => {
    await expect(choose('spelling')).rejects.toThrow(
      'unknown check "spelling"; there are lint, types, Go vet, manifests',
    )
    await expect(choose('type')).rejects.toThrow('unknown check "type": did you mean types?')
    await expect(choose('Go vet')).rejects.toThrow('"Go vet" cannot run here: Go is not installed')
  })
})
