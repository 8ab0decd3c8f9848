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
    'Runs a real Kubernetes cluster on this machine, separate for each checkout. It installs nothing on the machine, and `down` removes all of its files.',
  ],
  names: {
    title: 'Commands',
    help: {
      up: 'start the cluster, unless it is running',
      status: 'print the processes of the cluster and the health of its API server',
      kubeconfig: "print the path of the administrator's kubeconfig",
      down: 'end the cluster and remove its files',
    },
  },
  options: {
    size: {
      value: 'SIZE',
      help: `size of the cluster that up starts: ${SIZES.join(' or ')}. api has the API server, etcd and the controllers, and needs no root; node also runs pods, and needs Linux and root`,
      default: DEFAULT_SIZE,
    },
  },
  variables: {
    CHAT_APP_SANDBOX_STATE: 'folder for the files of the cluster, instead of .sandbox in the checkout',
    KUBEBUILDER_ASSETS: 'folder with etcd, kube-apiserver and the other programs, which are used instead of built ones',
  },
  exitCodes: {
    0: 'success',
    1: 'an argument is invalid, the command failed, or (status and kubeconfig) no sandbox is running',
    130: 'interrupted; a partly started cluster is removed',
  },
  examples: {
    'npm run sandbox -- up': 'start a cluster with a node that runs pods',
    'export KUBECONFIG=$(npm run --silent sandbox -- kubeconfig)': 'use the cluster with kubectl',
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
  if (name === undefined) throw usageError(command, `no command given: expected ${valid.join(', ')}`)
  if (!Object.hasOwn(commands, name)) throw usageError(command, unknownName('command', name, valid))
  if (others.length > 0) throw usageError(command, `unexpected argument "${others[0]}"`)
  if (values.size !== undefined && name !== 'up') throw usageError(command, '--size: valid only with up')
  const size = SIZES.find((each) => each === (values.size ?? DEFAULT_SIZE))
  if (size === undefined) throw usageError(command, `--size: ${unknownName('size', values.size ?? '', SIZES)}`)
  await commands[name]?.(size)
})
