import { describe, expect, test } from 'vitest'
import { keysOf, newNameFault } from './user-names.ts'

describe('a new name', () => {
  test.for([
    'alice',
    'Alice-2',
    'josé',
    'straße',
    'алиса',
    'ελένη',
    '田中太郎',
    'tanakaさん',
    'kimチャット',
    'kim김치',
    '金herr',
    'עדן',
    'سارة',
    'आदित्य',
    'คำน้ำ',
    'ນ້ຳ',
    'tiếng-việt',
    'İstanbul',
    'ẹ̀kọ́',
    'a.b_c-1',
  ])('%j is free of surprises', (name) => {
    expect(newNameFault(name)).toBeUndefined()
  })

  test.for([
    ['pаypal', 'mixes scripts that are not written together'],
    ['αlice', 'mixes scripts'],
    ['алисаさん', 'mixes scripts'],
    ['ａｌｉｃｅ', 'use "alice"'],
    ['ﬁn', 'use "fin"'],
    ['a\u00adb', 'must be 1 to 64 letters'],
    ['a\u115fb', 'has an invisible character'],
    ['admi\u0307n', 'has marks that cannot be seen'],
    ['\u1eb9\u0301\u0301', 'has marks that cannot be seen'],
    ['', 'must be 1 to 64 letters'],
    ['system', 'is reserved'],
    ['SYSTEM', 'is reserved'],
    ['a b', 'must be 1 to 64 letters'],
    [7, 'must be 1 to 64 letters'],
  ] as const)('%j is refused', ([name, fault]) => {
    expect(newNameFault(name)).toContain(fault)
  })
})

/** Whether two names cannot both be registered. */
function collide(a: string, b: string): boolean {
  const [first, second] = [keysOf(a), keysOf(b)]
  return first.folded === second.folded || first.seen === second.seen
}

test.for([
  ['alice', 'ALICE'],
  ['Алиса', 'алиса'],
  ['paypal', 'раураl'],
  ['paypal', 'paypaI'],
  ['paypal', 'paypa1'],
  ['modern', 'modem'],
  ['josé', 'jose\u0301'],
  ['o0o', 'ooo'],
])('%s and %s are taken for the same', ([a, b]) => {
  expect(collide(a ?? '', b ?? '')).toBe(true)
})

test.for([
  ['mail', 'mall'],
  ['josé', 'jose'],
  ['alice', 'alicia'],
  ['田中', '中田'],
])('%s and %s are different', ([a, b]) => {
  expect(collide(a ?? '', b ?? '')).toBe(false)
})

test('the keys of the longest name have a bound', () => {
  for (const character of ['a', 'm', 'ﷺ', '\u1f82']) {
    const [one, other] = [keysOf(character.repeat(64)), keysOf(character.repeat(63))]
    expect(Math.max(one.folded.length, one.seen.length)).toBeLessThanOrEqual(200)
    expect(one).not.toEqual(other)
  }
})
