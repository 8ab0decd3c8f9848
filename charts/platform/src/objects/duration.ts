/** Days as a duration of Go, which has no unit longer than an hour: `24h`. */
export function days(count: number): string {
  return `${count * 24}h`
}
