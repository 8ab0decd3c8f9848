import { spawn } from 'node:child_process'

/** A piece of the output of a command. */
export interface Chunk {
  /** Milliseconds since the start of the command. */
  readonly atMs: number
  readonly text: string
}

/** Size of the terminal in which the command runs, and of the recording. */
export const SIZE = { columns: 100, rows: 34 } as const

/**
 * Runs a command in a terminal of `SIZE` and records its output. `script` of util-linux provides the terminal. The
 * output is also copied to standard error.
 *
 * @param command for the shell
 * @throws Error when `script` cannot be started, or the exit code is not 0
 */
export function record(command: string): Promise<Chunk[]> {
  const sized = `stty cols ${SIZE.columns} rows ${SIZE.rows}; ${command}`
  const chunks: Chunk[] = []
  const startedAt = performance.now()
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', sized, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm-256color' },
  })
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    chunks.push({ atMs: performance.now() - startedAt, text })
    process.stderr.write(text)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(chunks)
      else reject(new Error(`${command}: exit code ${code}; only a successful run is recorded`))
    })
  })
}
