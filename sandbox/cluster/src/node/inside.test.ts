import { expect, it } from 'vitest'
import { withInsidePaths } from './inside.ts'

it('replaces only whole paths in the folder of the sandbox', () => {
  const paths = ['/a/b', '/a/b/c', '/a/bc', '/x/a/b', '--file=/a/b/c', '/a/b/a/b']
  expect(withInsidePaths('/a/b', paths)).toEqual([
    '/sandbox',
    '/sandbox/c',
    '/a/bc',
    '/x/a/b',
    '--file=/sandbox/c',
    '/sandbox/a/b',
  ])
})

it('replaces paths in fields and in arguments, and nothing else', () => {
  const plan = { dir: '/home/u/.sandbox/node', args: ['--cert=/home/u/.sandbox/node/pki/a.crt', '/usr/bin/x'], n: 1 }
  expect(withInsidePaths('/home/u/.sandbox/node', plan)).toEqual({
    dir: '/sandbox',
    args: ['--cert=/sandbox/pki/a.crt', '/usr/bin/x'],
    n: 1,
  })
})
