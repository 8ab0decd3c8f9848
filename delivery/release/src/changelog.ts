/**
 * The entry of CHANGELOG.md for a version, without its heading. The entry of a pre-release (1.2.3-rc.1) may be
 * "Unreleased".
 *
 * @throws Error when there is no entry, or an empty one
 */
export function changelogEntry(changelog: string, version: string): string {
  const names = version.includes('-') ? [version, 'Unreleased'] : [version]
  const found = names.map((name) => section(changelog, name)).find((text) => text !== undefined && text !== '')
  if (found !== undefined) return found
  throw new Error(
    `CHANGELOG.md has no entry for ${version}: give "## Unreleased" the heading "## ${version} - YYYY-MM-DD" before the tag`,
  )
}

function section(changelog: string, name: string): string | undefined {
  const sections = changelog.split(/^## /m).slice(1)
  const own = sections.find((text) => /^\[?([^\]\s]+)/.exec(text)?.[1] === name)
  return own?.slice(own.indexOf('\n')).trim()
}
