import { helpText, type Command } from './command.ts'

/**
 * Runs `work` with the arguments of this process, or prints the help for `--help` and `-h`. An error of `work` is
 * printed on standard error, and the exit code is 1.
 */
export async function runCommand(command: Command, work: (args: readonly string[]) => unknown): Promise<void> {
  const args = process.argv.slice(2)
  try {
    if (args.includes('--help') || args.includes('-h')) console.log(helpText(command))
    else await work(args)
  } catch (error) {
    console.error(`${shortName(command)}: ${(error as Error).message}`)
    process.exitCode = 1
  }
}

/** `deploy` for `npm run deploy`. */
function shortName({ name }: Command): string {
  return name.split(' ').at(-1) ?? name
}
