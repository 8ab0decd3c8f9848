/**
 * How many users gave each reaction. A reaction may be named like a property of objects, such as `constructor`, so the
 * counts have no prototype.
 */
export type ReactionCounts = Readonly<Record<string, number>>

/** @param json of the column `reactions` */
export function parseReactions(json: string): ReactionCounts {
  return withoutPrototype(JSON.parse(json) as ReactionCounts)
}

/** The counts after one user gave or took back a reaction; null if none is left. */
export function countReaction(counts: ReactionCounts | null, reaction: string, by: 1 | -1): ReactionCounts | null {
  const changed = withoutPrototype(counts ?? {})
  const count = (changed[reaction] ?? 0) + by
  if (count > 0) changed[reaction] = count
  else delete changed[reaction]
  return Object.keys(changed).length === 0 ? null : changed
}

function withoutPrototype(counts: ReactionCounts): Record<string, number> {
  return Object.assign(Object.create(null) as Record<string, number>, counts)
}
