import { spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

/** Runs a script with this Node as a child with the same input, output and exit code, and passes signals on. */
export function run(node, args) {
  const path = [dirname(node), process.env.PATH ?? ''].filter((part) => part !== '').join(delimiter)
  const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, PATH: path } })
  child.on('error', (error) => {
    console.error(`${node}: ${error.message}`)
    process.exit(1)
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => passOn(child, signal))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** Does not pass on a Ctrl-C of a terminal: the terminal sends it to the whole process group, so also to the child. */
function passOn(child, signal) {
  if (signal === 'SIGINT' && process.stdin.isTTY) return
  child.kill(signal)
}
