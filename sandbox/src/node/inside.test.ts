import { expect, it } from 'vitest'
import { seenInside } from './inside.ts'

it('shows paths of the sandbox as its processes see them, also within arguments, and nothing else', () => {
  const plan = { dir: '/home/u/.sandbox/node', args: ['--cert=/home/u/.sandbox/node/pki/a.crt', '/usr/bin/x'], n: 1 }
  expect(seenInside('/home/u/.sandbox/node', plan)).toEqual({
    dir: '/sandbox',
    args: ['--cert=/sandbox/pki/a.crt', '/usr/bin/x'],
    n: 1,
  })
})
