import type { Check } from './checks.ts'

/** Checks that take longer or need more, so that only their name starts them; made when they are asked for. */
export type FurtherChecks = Readonly<Record<string, () => Promise<Check>>>

/**
 * The checks of these names, or all but the further ones when no name is given.
 *
 * @throws Error that names the valid ones, or says why one that was asked for cannot run here: it must not pass unseen
 */
export async function chooseChecks(
  names: readonly string[],
  checks: readonly Check[],
  further: FurtherChecks,
): Promise<Check[]> {
  if (names.length === 0) return [...checks]
  const valid = [...checks.map(({ name }) => name), ...Object.keys(further)]
  const unknown = names.find((name) => !valid.includes(name))
  if (unknown !== undefined) throw new Error(`"${unknown}": unknown check; there are ${valid.join(', ')}`)
  const wanted = Object.entries(further).filter(([name]) => names.includes(name))
  const made = await Promise.all(wanted.map(([, make]) => make()))
  const chosen = [...checks.filter(({ name }) => names.includes(name)), ...made]
  const skipped = chosen.find(({ skip }) => skip !== undefined)
  if (skipped === undefined) return chosen
  throw new Error(`"${skipped.name}" cannot run here: ${skipped.skip}`)
}
