import { expect, test } from 'vitest'
import { differences } from './differences.ts'

test.each([
  ['equal values', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, []],
  ['a value', { a: 1 }, { a: 2 }, [{ path: 'a', from: 1, to: 2 }]],
  ['a field that is added', {}, { a: { b: 1 } }, [{ path: 'a', to: { b: 1 } }]],
  ['a field that is removed', { a: null }, {}, [{ path: 'a', from: null }]],
  ['another kind of value', { a: [1] }, { a: { b: 1 } }, [{ path: 'a', from: [1], to: { b: 1 } }]],
  [
    'elements by their place',
    { a: [1, 2] },
    { a: [1, 3, 4] },
    [
      { path: 'a[1]', from: 2, to: 3 },
      { path: 'a[2]', to: 4 },
    ],
  ],
  [
    'elements by their name, whatever the order',
    {
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    },
    {
      env: [
        { name: 'B', value: '3' },
        { name: 'A', value: '1' },
      ],
    },
    [{ path: 'env[B].value', from: '2', to: '3' }],
  ],
  [
    'names that occur twice by their place',
    [{ name: 'A' }, { name: 'A' }],
    [{ name: 'A' }],
    [{ path: '[1]', from: { name: 'A' } }],
  ],
  ['a key with a dot', { 'a.b/c': 1 }, { 'a.b/c': 2 }, [{ path: '["a.b/c"]', from: 1, to: 2 }]],
  ['nothing and a value', undefined, { a: 1 }, [{ path: '', to: { a: 1 } }]],
])('%s', (_what, from, to, expected) => expect(differences(from, to)).toEqual(expected))
