import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { debianRoot, inRoot } from '@chat-app/sandbox-machine'

/** Folders of the unpacked packages. Their names contain versions. */
export interface Installed {
  readonly root: string
  /** Erlang, an absolute path. */
  readonly erlang: string
  /** Erlang's programs, relative to `root`. */
  readonly programs: string
  /** RabbitMQ, an absolute path. */
  readonly server: string
}

/** Unpacks Debian's RabbitMQ and Erlang. */
export async function installed(): Promise<Installed> {
  const root = await debianRoot(['rabbitmq-server'])
  const folder = async (parent: string, prefix: string): Promise<string> => {
    const found = (await readdir(join(root, parent))).find((name) => name.startsWith(prefix))
    if (found === undefined) throw new Error(`Debian's rabbitmq-server does not contain ${parent}/${prefix}*`)
    return join(parent, found)
  }
  return {
    root,
    erlang: join(root, 'usr/lib/erlang'),
    programs: join(await folder('usr/lib/erlang', 'erts-'), 'bin'),
    server: join(root, await folder('usr/lib/rabbitmq/lib', 'rabbitmq_server-')),
  }
}

/** The memory flags of the script `rabbitmq-server`, and two schedulers without busy waiting on any machine. */
const EMULATOR =
  '-W w -MBas ageffcbf -MHas ageffcbf -MBlmbcs 512 -MHlmbcs 512 -MMmcs 30 -S 2:2 -sbwt none -sbwtdcpu none'
const BOOT = '-noinput -noshell -s rabbit boot -syslog logger [] -syslog syslog_error_logger false -setcookie sandbox'
const NODES = '-kernel prevent_overlapping_partitions false inet_dist_use_interface {127,0,0,1}'

/** Returns the command that the scripts `rabbitmq-server` and `erl` run. The scripts work only if both are installed. */
export function node({ root, erlang, programs }: Installed, dir: string, namesPort: number): string[] {
  const places = ['-root', erlang, '-bindir', join(dir, 'bin'), '-progname', 'erl', '--', '-home', dir, '--']
  return [
    ...inRoot(root, join(programs, 'beam.smp')),
    ...EMULATOR.split(' '),
    '--',
    ...places,
    ...BOOT.split(' '),
    '-boot',
    join(erlang, 'bin/start_sasl'),
    ...NODES.split(' '),
    '-epmd_port',
    String(namesPort),
  ]
}

/** Writes wrappers that run Erlang's helper programs with the loader of the root. `erl` does nothing: epmd already runs. */
export async function writePrograms({ root, programs }: Installed, bin: string): Promise<void> {
  await mkdir(bin)
  const commands = Object.fromEntries(
    ['erl_child_setup', 'inet_gethost'].map((name) => [
      name,
      `exec ${inRoot(root, join(programs, name)).join(' ')} "$@"`,
    ]),
  )
  for (const [name, command] of Object.entries({ ...commands, erl: 'exit 0' })) {
    await writeFile(join(bin, name), `#!/bin/sh\n${command}\n`)
    await chmod(join(bin, name), 0o755)
  }
}
