import { expect, test } from 'vitest'
import { countReaction, parseReactions, type ReactionCounts } from './reaction-counts.ts'

test.for(['+1', 'constructor', 'toString', 'valueOf', '__proto__'])('the reaction %s is counted', (reaction) => {
  let counts: ReactionCounts | null = null
  for (const by of [1, 1, 1, -1] as const) {
    counts = countReaction(counts, reaction, by)
    // As the database stores it.
    counts = counts && parseReactions(JSON.stringify(counts))
  }

  expect(JSON.stringify(counts)).toBe(`{"${reaction}":2}`)
  expect(countReaction(countReaction(counts, reaction, -1), reaction, -1)).toBeNull()
})

test('a reaction that nobody gave has no count', () => {
  expect(parseReactions('{"+1":1}')['constructor']).toBeUndefined()
})
