/** A piece of a message's text. */
export type Part =
  | { readonly kind: 'text' | 'mention'; readonly text: string }
  /** `href` is an http or https address, as a browser reads it. */
  | { readonly kind: 'link'; readonly text: string; readonly href: string }

/** Without controls, and without the invisible characters that change the direction of writing. */
const TOKENS = /(https?:\/\/[^\s<>"`\\^{|}\p{Cc}\p{Cf}]+|@[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,63})/giu
/** What ends a sentence and not an address. */
const ENDING = /[.,;:!?'"*_~…。，、；：！？）】」』》)\]]$/u
const CLOSING: Readonly<Record<string, string>> = { ')': '(', ']': '[' }

/** Splits a text at its addresses and mentions. Together the parts have the whole text. */
export function partsOf(body: string): Part[] {
  return body
    .split(TOKENS)
    .flatMap((text, index) => (index % 2 === 0 ? [{ kind: 'text' as const, text }] : tokenOf(text)))
    .filter(({ text }) => text !== '')
}

function tokenOf(text: string): Part[] {
  if (text.startsWith('@')) return [{ kind: 'mention', text }]
  const address = withoutEnding(text)
  const href = hrefOf(address)
  if (href === undefined) return [{ kind: 'text', text }]
  return [
    { kind: 'link', text: address, href },
    { kind: 'text', text: text.slice(address.length) },
  ]
}

/** A bracket belongs to the address if it was opened in it. */
function withoutEnding(text: string): string {
  let address = text
  for (let last = ENDING.exec(address)?.[0]; last !== undefined; last = ENDING.exec(address)?.[0]) {
    const opening = CLOSING[last]
    if (opening !== undefined && countOf(address, opening) >= countOf(address, last)) break
    address = address.slice(0, -last.length)
  }
  return address
}

const countOf = (text: string, part: string) => text.split(part).length - 1

/** Undefined if it is none, or if a name before "@" hides the host. */
function hrefOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const { protocol, username, password, href } = new URL(address)
  return ['http:', 'https:'].includes(protocol) && username + password === '' ? href : undefined
}
