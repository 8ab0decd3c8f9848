import { expect, test } from 'vitest'
import { partsOf } from './text.ts'

const links = (body: string) => partsOf(body).flatMap((part) => (part.kind === 'link' ? [[part.text, part.href]] : []))
const link = (href: string) => [[href, href]]

test.for<[body: string, address: string]>([
  ['See https://example.org/a.', 'https://example.org/a'],
  ['(see https://example.org/a)', 'https://example.org/a'],
  ['https://example.org/a_(b)!', 'https://example.org/a_(b)'],
  ['看https://example.org/路。', 'https://example.org/路'],
  ['<https://example.org/a>', 'https://example.org/a'],
  ['https://example.org/a?b=c&d=e#f, and', 'https://example.org/a?b=c&d=e#f'],
])('the address in "%s" is a link without what follows it', ([body, address]) => {
  expect(links(body)).toEqual([[address, new URL(address).href]])
})

test.for([
  'javascript:alert(1)',
  'data:text/html,x',
  'ftp://example.org/',
  'https://',
  'https://bank.example@evil.example/',
  'file:///etc/passwd',
])('"%s" is no link', (body) => expect(links(body)).toEqual([]))

test('an address ends before characters that are invisible or change the direction of writing', () => {
  expect(links('https://example.org/\u202Egpj.exe')).toEqual(link('https://example.org/'))
  expect(links('https://example.org/\u200Ba')).toEqual(link('https://example.org/'))
})

test('the link of a host in another script has the name that the browser opens', () => {
  expect(links('https://\u0430pple.example/')).toEqual([
    ['https://\u0430pple.example/', 'https://xn--pple-43d.example/'],
  ])
})

test('a text with markup stays text, and its parts together are all of it', () => {
  const body = '<img src=x onerror="alert(1)"> @anna https://example.org/"><script>x</script> @bo.'
  const parts = partsOf(body)
  expect(parts.map(({ text }) => text).join('')).toBe(body)
  expect(parts.filter(({ kind }) => kind === 'mention').map(({ text }) => text)).toEqual(['@anna', '@bo.'])
  expect(links(body)).toEqual(link('https://example.org/'))
})
