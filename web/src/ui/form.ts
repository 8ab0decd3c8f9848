/** The text of a field of a form, without spaces around it; empty if there is none. */
export function textOf(form: EventTarget | null, field: string): string {
  const value = new FormData(form as HTMLFormElement).get(field)
  return typeof value === 'string' ? value.trim() : ''
}
