import { CONNECT_SECONDS } from '../../../limits.ts'

/** One address that the services read from a file. */
export interface Target {
  readonly purpose: 'database' | 'redis' | 'broadcast'
  /** Path of the file with the URL. */
  readonly file: string
  /** Path of the file with the certificate authority. */
  readonly ca?: string
}

/** What the pod says of one of them. No part of a URL is in it. */
export interface Outcome {
  readonly purpose: Target['purpose']
  readonly nodes: number
  readonly failed: number
  /** Of the nodes that do not answer, each once. */
  readonly faults: readonly string[]
}

/**
 * The program of the pod, for `node -e`. It connects to each node, and waits for the greeting of MySQL, or for any answer of
 * Redis: a port that is open, with something else behind it, does not suffice.
 */
export function scriptFor(targets: readonly Target[]): string {
  return `const targets = ${JSON.stringify(targets)}, seconds = ${CONNECT_SECONDS};${PROGRAM}`
}

/** A text, since a bundled function refers to what is outside of it. Every line ends a statement or stands in a block. */
const PROGRAM = String.raw`
const { readFileSync, writeFileSync } = require('node:fs')
const net = require('node:net')
const tls = require('node:tls')
const read = (file) => readFileSync(file, 'utf8').replace(/[\r\n]+$/, '')
const ask = (isMysql, isTls, host, port, ca) => new Promise((resolve) => {
  const address = { host, port, ...(net.isIP(host) ? {} : { servername: host }) }
  const socket = isTls ? tls.connect({ ...address, ...(ca && { ca: read(ca) }) }) : net.connect(address)
  const end = (fault) => { socket.destroy(); resolve(fault) }
  socket.once(isTls ? 'secureConnect' : 'connect', () => isMysql || socket.write('PING\r\n'))
  setTimeout(() => end('no answer within ' + seconds + ' s'), seconds * 1000).unref()
  socket.once('error', (error) => end(error.code || 'the connection failed'))
  socket.once('close', () => end('the connection was closed'))
  let data = Buffer.alloc(0)
  socket.on('data', (part) => {
    data = Buffer.concat([data, part])
    if (!isMysql) return end(/^[+-]/.test(data.toString('latin1')) ? undefined : 'the answer is not that of Redis')
    if (data.length < 5 || (data[4] === 0xff && data.length < 7)) return
    if (data[4] === 0xff) return end('MySQL refuses the connection, error ' + data.readUInt16LE(5))
    end(data[4] === 10 ? undefined : 'the answer is not that of MySQL')
  })
})
const addresses = (url, isMysql) => {
  const isSentinel = url.includes('+sentinel://')
  const rest = url.slice(url.indexOf('://') + 3)
  const parts = rest.slice(rest.lastIndexOf('@') + 1).split(/[/?]/)
  const port = isMysql ? 3306 : isSentinel ? 26379 : 6379
  return (parts[isSentinel ? 1 : 0] || '').split(',').map((node) => {
    const [, ipv6, name, own] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(node) || []
    return { host: ipv6 || name, port: Number(own || port) }
  })
}
const run = async ({ purpose, file, ca }) => {
  const isMysql = purpose === 'database'
  const url = read(file)
  const nodes = addresses(url, isMysql)
  const asked = nodes.map(({ host, port }) => host ? ask(isMysql, url.startsWith('rediss'), host, port, ca) : 'has no host')
  const faults = (await Promise.all(asked)).filter(Boolean)
  return { purpose, nodes: nodes.length, failed: faults.length, faults: [...new Set(faults)] }
}
Promise.all(targets.map(run)).then((outcomes) => {
  const text = JSON.stringify(outcomes)
  console.log(text)
  writeFileSync(process.env.TERMINATION_LOG || '/dev/termination-log', text)
})
`
