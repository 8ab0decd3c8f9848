import { readArguments, runCommand, unknownName, usageError, type Command } from '@chat-app/cli'
import { SIZES, type Size } from '../checkout.ts'
import { down } from './down.ts'
import { printKubeconfig } from './kubeconfig.ts'
import { status } from './status.ts'
import { up } from './up.ts'

const DEFAULT_SIZE: Size = 'node'

const command = {
  name: 'npm run sandbox',
  usage: ['-- up [--size SIZE]', '-- status | kubeconfig | down'],
  about: [
    'A real Kubernetes on this machine, for this checkout alone. It installs nothing on the machine, and down removes all of it.',
  ],
  names: {
    title: 'Commands',
    help: {
      up: 'start it; does nothing when it runs already',
      status: 'print what runs, and whether it is healthy',
      kubeconfig: "print the path of the administrator's kubeconfig",
      down: 'end it, and remove its files',
    },
  },
  options: {
    size: {
      value: 'SIZE',
      help: `of up: ${SIZES.join(' or ')}. api is the API server, its store and controllers, without root; with node pods run too, as root on Linux`,
      default: DEFAULT_SIZE,
    },
  },
  variables: {
    CHAT_APP_SANDBOX_STATE: 'folder for its files, in place of .sandbox of the checkout',
    KUBEBUILDER_ASSETS: 'folder with etcd, kube-apiserver and the other programs, in place of the built ones',
  },
  exitCodes: {
    0: 'done',
    1: 'an argument is wrong, or something failed; of status and kubeconfig, that nothing runs',
    130: 'interrupted; what up had started is removed',
  },
  examples: {
    'npm run sandbox -- up': 'a node that runs pods',
    'export KUBECONFIG=$(npm run --silent sandbox -- kubeconfig)': 'use it with kubectl',
  },
} as const satisfies Command

const commands: Readonly<Record<string, (size: Size) => unknown>> = {
  up,
  status: () => status(),
  kubeconfig: () => printKubeconfig(),
  down: () => down(),
}

await runCommand(command, async (args) => {
  const { values, names } = readArguments(command, args)
  const [name, ...others] = names
  const valid = Object.keys(commands)
  if (name === undefined) throw usageError(command, `which command? There are ${valid.join(', ')}`)
  if (!Object.hasOwn(commands, name)) throw usageError(command, unknownName('command', name, valid))
  if (others.length > 0) throw usageError(command, `unexpected argument "${others[0]}"`)
  if (values.size !== undefined && name !== 'up') throw usageError(command, '--size: only with up')
  const size = SIZES.find((each) => each === (values.size ?? DEFAULT_SIZE))
  if (size === undefined) throw usageError(command, `--size: ${unknownName('size', values.size ?? '', SIZES)}`)
  await commands[name]?.(size)
})
