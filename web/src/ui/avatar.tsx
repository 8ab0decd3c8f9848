/** As many as the style sheet has. */
const HUES = 12

/** The first letter of a name on a colour that belongs to the name. */
export function Avatar({ name, isOnline = false }: { readonly name: string; readonly isOnline?: boolean }) {
  const hue = Array.from(name).reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % HUES, 7)
  return (
    <span class={`avatar hue-${hue}${isOnline ? ' is-online' : ''}`} aria-hidden="true">
      {String.fromCodePoint(name.codePointAt(0) ?? 63).toUpperCase()}
    </span>
  )
}
