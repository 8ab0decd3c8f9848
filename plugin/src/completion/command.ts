import type { Command } from '@chat-app/cli'
import { argumentsOf, misused, optionalNameIn, type Subcommand } from '../command/subcommand.ts'
import { EXIT } from '../failure.ts'
import { SCRIPTS } from './scripts.ts'

const command = {
  name: 'kubectl chatapp completion',
  usage: ['bash|zsh|fish|kubectl'],
  about: [
    'Prints a script that completes commands, options and names: of the program kubectl-chatapp for a shell; or, with "kubectl", the executable kubectl_complete-chatapp, by which kubectl itself completes "kubectl chatapp" in every shell. The npm package brings that executable along.',
  ],
  options: {},
  names: {
    title: 'Scripts',
    help: {
      bash: 'for bash',
      zsh: 'for zsh',
      fish: 'for fish',
      kubectl: 'for "kubectl chatapp", in every shell',
    },
  },
  exitCodes: { 0: 'the script is printed', 2: 'wrong arguments' },
  examples: {
    'source <(kubectl-chatapp completion bash)': 'in ~/.bashrc; with zsh in ~/.zshrc',
    'kubectl-chatapp completion fish | source': 'in ~/.config/fish/config.fish',
    'kubectl chatapp completion kubectl > ~/bin/kubectl_complete-chatapp': 'in a folder of PATH; then chmod +x',
  },
} as const satisfies Command

export const completion: Subcommand = {
  command,
  summary: 'prints a script that completes commands, options and names',
  takesName: false,
  async run(args, { terminal }) {
    const shell = optionalNameIn(command, argumentsOf(command, args).names) ?? ''
    if (!Object.hasOwn(SCRIPTS, shell))
      throw misused(command, `"${shell}": expected one of ${Object.keys(SCRIPTS).join(', ')}`)
    terminal.print(SCRIPTS[shell as keyof typeof SCRIPTS])
    return EXIT.done
  },
}
