import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { Daemon } from './daemon.ts'
import { makeFolder, removeFolder } from './folder.ts'
import { listening } from './haproxy.ts'

/** Debian's nginx. */
export interface Nginx {
  /** Of the process that starts the workers. */
  pid(): number | undefined
  /** Reads its files again: new workers take new connections, and the old ones serve what they have. */
  reload(): void
  stop(): Promise<void>
}

/**
 * Starts nginx and waits until it listens.
 *
 * @param files the files of its folder conf.d, by name
 * @param port one on which they listen at 127.0.0.1
 * @param main settings outside of its block `http`. @default none
 */
export async function startNginx(files: Readonly<Record<string, string>>, port: number, main = ''): Promise<Nginx> {
  const dir = makeFolder('nginx')
  await mkdir(join(dir, 'conf.d'))
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, 'conf.d', name), content)
  const file = join(dir, 'nginx.conf')
  await writeFile(file, configuration(dir, main))
  const command = inRoot(await debianRoot(['nginx']), 'usr/sbin/nginx')
  const daemon = new Daemon({
    name: 'nginx',
    dir,
    argv: [...command, '-p', dir, '-c', file, '-e', 'stderr'],
    probe: () => listening(port),
  })
  await daemon.start()
  return {
    pid: () => daemon.pid,
    reload: () => {
      if (daemon.pid !== undefined) process.kill(daemon.pid, 'SIGHUP')
    },
    stop: async () => {
      // Not SIGKILL, which would leave the workers.
      await daemon.kill('SIGTERM')
      await removeFolder(dir)
    },
  }
}

function configuration(dir: string, main: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
pid ${dir}/nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 2;
${main}
events { worker_connections 4096; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${dir}/${name};`).join('\n  ')}
  include ${dir}/conf.d/*.conf;
}
`
}
