import { environments } from '@chat-app/environments'
import { Yaml } from 'cdk8s'
import { describe, expect, test } from 'vitest'
import { applied, clustersOf } from '@chat-app/platform'
import { yamlOf } from './yaml.ts'

/** Texts that need quotes, or a block, in YAML. */
const awkward = [
  ['', ' ', 'a ', ' a', '-', '- a', '?', '#', 'a #b', 'a: b', 'a:', 'a:b', '*', '&a', '@a', '`', '[a', '{', 'a]', '='],
  ['yes', 'y', 'NO', 'On', 'null', 'Null', '~', '<<', '.inf', '-.INF', '.nan', '.requests.cpu', '--flag', '-x', '-inf'],
  ['1', '-1', '+1', '01', '1.0', '1.2.3', '1e3', '0x1f', '1_000', '.5', '12:30', '2026-01-01', '500m', '2Gi', '1d'],
  ["it's", '"q"', `a: "b"`, `a: 'b'`, `a: 'b' "c"`, 'a: \\n', 'a\\b', 'a\tb', '\u0007', 'é', 'a---', 'a\r\nb'],
  ['a\nb', 'a\nb\n', 'a\nb\n\n', '\na', ' a\nb', 'a\n b\n', 'a\n\n  \nb', 'a\n  ', 'a \nb', 'a\né\n', 'a\n---\nb'],
  ['# x\ny', '-x\ny: z\n', '| x\ny', '0 2 * * *', 'https://a.b:80/c?d=e&f=#g', `${'x'.repeat(200)} ${'y'.repeat(99)}`],
].flat()

describe('the YAML of synth is that of cdk8s', () => {
  test('for every object of every cluster', () => {
    const objects = environments.flatMap(clustersOf).flatMap(applied)
    expect(yamlOf(objects)).toBe(Yaml.stringify(...objects))
  })

  test.each(awkward.map((text) => [JSON.stringify(text), text] as const))('for the text %s', (_, text) => {
    for (const object of [{ a: text }, { a: { b: [text, { c: text }] }, z: 1 }, [[text]], { [text]: 1 }])
      expect(yamlOf([object])).toBe(Yaml.stringify(object))
  })

  const collections = [[], {}, [{}], [[]], [[1, 2], [3]], [{ b: [{ c: 1 }] }], [{ b: { c: 1 } }]]
  const scalars = [0.6, 1e21, -1, null, [null, true]]
  test.each([...collections, ...scalars].map((value) => [JSON.stringify(value), value] as const))(
    'for %s',
    (_, value) => {
      expect(yamlOf([{ a: value }])).toBe(Yaml.stringify({ a: value }))
    },
  )
})
