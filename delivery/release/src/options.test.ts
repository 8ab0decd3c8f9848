import { expect, test } from 'vitest'
import { readOptions } from './options.ts'

test('a release is written to dist/release of the checkout, whatever the working directory', () => {
  expect(readOptions([], '/checkout')).toEqual({
    out: '/checkout/dist/release',
    registry: 'registry.example.com/chat-app',
  })
})

test('version, folder and registry are read', () => {
  const args = ['--version', '1.2.3', '--out', '/elsewhere', '--registry', 'localhost:5000/team/chat']
  expect(readOptions(args, '/checkout')).toEqual({
    version: '1.2.3',
    out: '/elsewhere',
    registry: 'localhost:5000/team/chat',
  })
})

test.each([
  [['--registry', 'Not A Registry'], '--registry "Not A Registry": expected HOST[:PORT]/PATH in lower case'],
  [['--registry', 'registry.example.com'], 'expected HOST[:PORT]/PATH'],
  [['--verion', '1.2.3'], '--verion: unknown option; did you mean --version?'],
  [['--what'], '--what: unknown option'],
  [['1.2.3'], 'unexpected argument "1.2.3": a version is named by --version'],
])('%j is refused, with the usage', (args, message) => {
  expect(() => readOptions(args, '/checkout')).toThrow(message)
  expect(() => readOptions(args, '/checkout')).toThrow('usage: npm run package')
})
