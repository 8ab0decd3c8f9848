import { Command, Option } from 'commander'
import { SIZES, type Size } from '../checkout.ts'
import { down } from './down.ts'
import { printKubeconfig } from './kubeconfig.ts'
import { status } from './status.ts'
import { up } from './up.ts'

const program = new Command('npm run sandbox --').description(
  'A real Kubernetes on this machine, for this checkout alone. It installs nothing and leaves nothing behind.',
)
program
  .command('up')
  .description('start it; does nothing when it runs already')
  .addOption(
    new Option('--size <size>', 'api: API server, store and controllers, no root; node: pods run too, needs root')
      .choices(SIZES)
      .default('node'),
  )
  .action(({ size }: { size: Size }) => up(size))
program.command('down').description('end it and remove all of it').action(down)
program
  .command('status')
  .description('what runs, and whether it is healthy; exit code 1 when nothing runs')
  .action(status)
program.command('kubeconfig').description("print the path of the administrator's kubeconfig").action(printKubeconfig)

try {
  await program.parseAsync()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
