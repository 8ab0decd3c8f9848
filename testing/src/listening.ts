import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

/**
 * Local addresses on which these processes accept TCP connections, read from Linux' /proc: `127.0.0.1`, or the
 * hexadecimal text of /proc for any other address.
 *
 * @throws Error when a process has ended
 */
export function listeningAddresses(pids: readonly number[]): string[] {
  const listening = new Map(['tcp', 'tcp6'].flatMap((table) => sockets(readFileSync(`/proc/net/${table}`, 'utf8'))))
  return pids.flatMap((pid) => inodes(pid).flatMap((inode) => listening.get(inode) ?? []))
}

/** Inode and local address of each socket in state 0A, LISTEN; see proc(5) for the columns. */
function sockets(table: string): [string, string][] {
  const rows = table
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
  return rows.filter((row) => row[3] === '0A').map((row) => [row[9] ?? '', address(row[1] ?? '')])
}

function address(text: string): string {
  const [host = ''] = text.split(':')
  return host === '0100007F' ? '127.0.0.1' : host
}

function inodes(pid: number): string[] {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
}
