/** The first letter of a name on a colour that belongs to the name. */
export function Avatar({ name, isOnline = false }: { readonly name: string; readonly isOnline?: boolean }) {
  const hue = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 12, 7)
  return (
    <span class={`avatar hue-${hue}${isOnline ? ' is-online' : ''}`} aria-hidden="true">
      {[...name][0]?.toUpperCase()}
    </span>
  )
}
