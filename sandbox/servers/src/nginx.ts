import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { Daemon } from './daemon.ts'
import { makeFolder, removeFolder } from './folder.ts'
import { listening, type Haproxy } from './haproxy.ts'

/** Starts Debian's nginx with a `server` block that listens on this port of 127.0.0.1. */
export async function startNginx(port: number, server: string): Promise<Haproxy> {
  const dir = makeFolder('nginx')
  const file = join(dir, 'nginx.conf')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`)
  await writeFile(
    file,
    `daemon off; master_process off; pid ${dir}/pid; error_log stderr;
events {}
http {
  access_log off;
  ${paths.join('\n  ')}
  ${server}
}
`,
  )
  const command = inRoot(await debianRoot(['nginx-light']), 'usr/sbin/nginx')
  const argv = [...command, '-c', file, '-e', 'stderr']
  const daemon = new Daemon({ name: 'nginx', dir, argv, probe: () => listening(port) })
  await daemon.start()
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await daemon.kill('SIGKILL')
      await removeFolder(dir)
    },
  }
}
