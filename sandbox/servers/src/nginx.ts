import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Daemon } from './daemon.ts'
import { makeFolder, removeFolder } from './folder.ts'
import { listening } from './haproxy.ts'

/** Debian's nginx. */
export interface Nginx {
  /** Loads its configuration again: new processes take new connections, and the old ones end as the configuration says. */
  reload(): void
  stop(): Promise<void>
}

/**
 * Starts nginx. Several servers can be in one configuration.
 *
 * @param port one that the configuration listens on, of 127.0.0.1
 * @param http the content of its block `http`
 * @param main settings outside of it. @default none
 */
export async function startNginx(port: number, http: string, main = ''): Promise<Nginx> {
  const dir = makeFolder('nginx')
  const file = join(dir, 'nginx.conf')
  await writeFile(file, configuration(dir, http, main))
  const command = inRoot(await debianRoot(['nginx']), 'usr/sbin/nginx')
  const argv = [...command, '-p', dir, '-e', join(dir, 'error.log'), '-c', file, '-g', 'daemon off;']
  const daemon = new Daemon({ name: 'nginx', dir, argv, probe: () => listening(port) })
  await daemon.start()
  return {
    reload: () => daemon.signal('SIGHUP'),
    stop: async () => {
      // The workers end with the master by this signal, and not by SIGKILL.
      await daemon.kill('SIGTERM')
      await removeFolder(dir)
    },
  }
}

function configuration(dir: string, http: string, main: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${dir}/${name};`,
  )
  const user = process.getuid?.() === 0 ? 'user root;\n' : ''
  return `${user}worker_processes 1;
pid ${dir}/nginx.pid;
${main}
events { worker_connections 256; }
http {
  access_log off;
${temporary.join('\n')}
${http}
}
`
}
