/** A semantic version as a tag of an image: without build metadata, and a leading "v" is allowed. */
const VERSION = /^v?(\d{1,15})\.(\d{1,15})\.(\d{1,15})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/

/** Whether a text is a semantic version ("1.4.2", "v1.4.2", "1.5.0-rc.1"), so that it can be compared. */
export function isReleaseVersion(text: string): boolean {
  return VERSION.test(text)
}

/** Compares by the precedence of semantic versions: below 0 if `a` is older. @throws Error if one of them is no such version */
export function compareReleases(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)]
  for (const [index, number] of left.numbers.entries()) {
    const difference = number - (right.numbers[index] ?? 0)
    if (difference !== 0) return difference
  }
  // A pre-release is older than its release.
  if (left.preRelease.length === 0 || right.preRelease.length === 0) {
    return right.preRelease.length - left.preRelease.length
  }
  return comparePreReleases(left.preRelease, right.preRelease)
}

function parse(text: string): { numbers: number[]; preRelease: string[] } {
  const [match, major, minor, patch, preRelease] = VERSION.exec(text) ?? []
  if (match === undefined) throw new Error(`${JSON.stringify(text)} is not a semantic version such as 1.4.2`)
  return { numbers: [major, minor, patch].map(Number), preRelease: preRelease?.split('.') ?? [] }
}

function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index]
    if (right === undefined) return 1
    const difference = compareIdentifiers(left, right)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Numbers are older than texts, and compare as numbers. */
function compareIdentifiers(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => (/^\d+$/.test(text) ? Number(text) : undefined))
  if (left !== undefined && right !== undefined) return left - right
  if (left !== undefined || right !== undefined) return left === undefined ? 1 : -1
  return a < b ? -1 : Number(a > b)
}
