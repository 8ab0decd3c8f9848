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

  test('are all the ordinary ones, or those that are named', async () => {
    expect(await choose()).toEqual(['lint', 'types', 'Go vet'])
    expect(await choose('manifests', 'types')).toEqual(['types', 'manifests'])
  })

  test('refuse a name that is none, and one that cannot run here', async () => {
    await expect(choose('spelling')).rejects.toThrow(
      '"spelling": unknown check; there are lint, types, Go vet, manifests',
    )
    await expect(choose('Go vet')).rejects.toThrow('"Go vet" cannot run here: Go is not installed')
  })
})
