/**
 * Shows progress on standard error: one line that counts seconds on a terminal, else two plain lines.
 *
 * @returns function to call at the end, with whether the work succeeded
 */
export function showProgress(text) {
  const startedAt = Date.now()
  const seconds = () => Math.round((Date.now() - startedAt) / 1000)
  const out = process.stderr
  if (!out.isTTY) {
    out.write(`${text}\n`)
    return (ok) => out.write(`${text}: ${ok ? 'done' : 'failed'}, ${seconds()} s\n`)
  }
  const draw = (state) => out.write(`\r\u001b[2K${text} ${state}`)
  draw('...')
  const timer = setInterval(() => draw(`... ${seconds()} s`), 1000)
  return (ok) => {
    clearInterval(timer)
    draw(`${ok ? 'done' : 'failed'}, ${seconds()} s\n`)
  }
}
