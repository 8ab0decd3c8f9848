import { createHash } from 'node:crypto'
import unhomoglyph from 'unhomoglyph'
import { isUserName, RULES } from './names.ts'

/** Scripts in general use (UAX 31, table 5). */
const SCRIPTS = (
  'Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han Hangul Hebrew ' +
  'Hiragana Kannada Katakana Khmer Lao Latin Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan'
).split(' ')

/** Scripts that are written together (UTS 39, 5.2). */
const MIXED_SCRIPTS = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
]

const ALLOWED = [...MIXED_SCRIPTS, ...SCRIPTS.map((script) => [script])].map((scripts) => {
  const classes = [...scripts, 'Common', 'Inherited'].map((script) => String.raw`\p{scx=${script}}`)
  return new RegExp(`^[${classes.join('')}]+$`, 'u')
})

/** Beyond it a key is replaced by its hash; the column of the database has room for more. */
const MAX_KEY_CHARACTERS = 200

/** A dot on a letter that has one, the same mark twice, and more marks than any script puts on a letter (UTS 39, 5.4). */
const MISUSED_MARKS = /[ijlı]\p{M}*\u0307|(\p{M})\1|\p{Mn}{5}/u

/** Senders that are nobody's account. A name that looks like one has its key. */
const RESERVED = ['system']

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u

/**
 * Why nobody may register this name; undefined for one that is free of surprises: in the form NFKC, without invisible
 * characters, and of one script or of scripts that are written together ("highly restrictive", UTS 39, 5.2).
 */
export function newNameFault(name: unknown): string | undefined {
  if (!isUserName(name)) return `must be ${RULES.user}`
  if (usual(name) !== name) return `has another form of usual characters: use "${usual(name)}"`
  if (INVISIBLE.test(name)) return 'has an invisible character: remove it'
  if (MISUSED_MARKS.test(name.normalize('NFD'))) return 'has marks that cannot be seen: remove them'
  if (!ALLOWED.some((allowed) => allowed.test(name)))
    return 'mixes scripts that are not written together: use letters of one script'
  if (RESERVED.some((reserved) => keysOf(reserved).folded === keysOf(name).folded))
    return 'is reserved, or looks like a reserved name: choose another'
  return undefined
}

/** NFKC, except that the vowels AM of Thai and Lao stay, which are written as one character (UAX 31, 5.1.3). */
function usual(name: string): string {
  return name.replaceAll(/[^\u0e33\u0eb3]+/g, (part) => part.normalize('NFKC'))
}

/** What two names must not have in common. */
export interface NameKeys {
  /** The same for names that differ in case, or whose lower-case letters look alike. */
  readonly folded: string
  /** The same for names that look alike as they are written. */
  readonly seen: string
}

/** The keys of a name, made with the confusable characters of UTS 39, 4. They are for comparison and not for reading. */
export function keysOf(name: string): NameKeys {
  const text = name.normalize('NFKC')
  return { folded: bounded(skeletonOf(text.toLowerCase())), seen: bounded(skeletonOf(text)) }
}

/** Some characters become several. No name begins with "#". */
function bounded(key: string): string {
  if (key.length <= MAX_KEY_CHARACTERS) return key
  return `#${createHash('sha256').update(key).digest('base64url')}`
}

function skeletonOf(text: string): string {
  return unhomoglyph(text.normalize('NFD')).normalize('NFD').toLowerCase()
}
