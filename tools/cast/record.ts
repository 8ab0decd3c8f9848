import { spawn } from 'node:child_process'

/** What a command wrote at once. */
export interface Chunk {
  /** Since the command was started. */
  readonly atMs: number
  readonly text: string
}

export const SIZE = { columns: 100, rows: 34 } as const

/**
 * Runs a command in a terminal of `SIZE`, which util-linux's `script` makes, and records what it writes.
 *
 * @throws Error when it cannot be started or ends with another code than 0
 */
export function record(command: string): Promise<Chunk[]> {
  const sized = `stty cols ${SIZE.columns} rows ${SIZE.rows}; ${command}`
  const chunks: Chunk[] = []
  const startMs = performance.now()
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', sized, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm-256color' },
  })
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    chunks.push({ atMs: performance.now() - startMs, text })
    process.stderr.write(text)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(chunks)
      else reject(new Error(`${command} ended with ${code}: a recording shows a run that went well`))
    })
  })
}
