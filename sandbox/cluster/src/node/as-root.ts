import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { actions, type Actions } from './host/main.ts'

const MAIN = join(import.meta.dirname, 'host', 'main.ts')

type Argument<Name extends keyof Actions> = Parameters<Actions[Name]>[0]
type Result<Name extends keyof Actions> = Awaited<ReturnType<Actions[Name]>>

/**
 * Runs an action that needs root: in this process if it runs as root, otherwise in a new process with sudo.
 *
 * @throws Error with the standard error of the process
 */
export async function asRoot<Name extends keyof Actions>(name: Name, argument: Argument<Name>): Promise<Result<Name>> {
  const action = actions[name] as (argument: Argument<Name>) => Result<Name> | Promise<Result<Name>>
  if (process.getuid?.() === 0) return action(argument)
  return JSON.parse(await sudo([process.execPath, MAIN, name, JSON.stringify(argument)])) as Result<Name>
}

/** With a terminal, sudo may ask for the password. */
async function sudo(command: readonly string[]): Promise<string> {
  const interactive = process.stdin.isTTY ? [] : ['--non-interactive']
  const child = spawn('sudo', [...interactive, '--', ...command], { stdio: ['inherit', 'pipe', 'pipe'] })
  const closed = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  if (code !== 0) throw new Error(err.trim() || `sudo ${command.join(' ')} ended with code ${code}`)
  return out
}
