import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { HANG_MS, inRoot } from '@chat-app/sandbox-machine'
import { sandboxId } from './identity.ts'
import { MAX_SANDBOXES, network, type Network } from './network.ts'

const run = promisify(execFile)

/** Makes the first link whose name is free, which only one process can do, and so finds this sandbox's addresses. Needs root. */
export async function makeLink(debian: string, dir: string): Promise<Network> {
  const used = await usedAddresses(debian)
  for (let index = 0; index < MAX_SANDBOXES; index++) {
    const plan = network(index)
    if (used.some((address) => address.startsWith(plan.hostAddress.replace(/\d+$/, '')))) continue
    if (await added(debian, plan)) {
      // Says whose it is, for the clean-up after a crash.
      await ip(debian, 'link', 'set', plan.hostLink, 'alias', sandboxId(dir))
      return plan
    }
  }
  throw new Error(
    `all ${MAX_SANDBOXES} address ranges of sandboxes (10.200.0.0/16) are in use: stop one that you do not need`,
  )
}

/** Moves the node's end into its network namespace; the route goes with the link. Needs root. */
export async function connectLink(debian: string, plan: Network, initPid: number): Promise<void> {
  await ip(debian, 'link', 'set', plan.nodeLink, 'netns', String(initPid))
  await ip(debian, 'address', 'add', `${plan.hostAddress}/${plan.linkPrefixLength}`, 'dev', plan.hostLink)
  await ip(debian, 'link', 'set', plan.hostLink, 'up')
  await ip(debian, 'route', 'add', plan.cidr, 'via', plan.nodeAddress, 'dev', plan.hostLink)
}

/** Removes the links of the sandbox in this folder. Needs root. */
export async function removeLinks(debian: string, dir: string): Promise<void> {
  const links = JSON.parse(await ip(debian, '-json', 'link', 'show')) as { ifname: string; ifalias?: string }[]
  for (const { ifname } of links.filter((link) => link.ifalias === sandboxId(dir))) {
    // The kernel may be removing it already, with the namespace that its other end is in.
    await ip(debian, 'link', 'delete', ifname).catch((error: Error) => {
      if (!error.message.includes('Cannot find device')) throw error
    })
  }
}

async function added(debian: string, plan: Network): Promise<boolean> {
  try {
    await ip(debian, 'link', 'add', plan.hostLink, 'type', 'veth', 'peer', 'name', plan.nodeLink)
    return true
  } catch (error) {
    if ((error as Error).message.includes('File exists')) return false
    throw error
  }
}

async function usedAddresses(debian: string): Promise<string[]> {
  const links = JSON.parse(await ip(debian, '-json', '-4', 'address', 'show')) as { addr_info?: { local?: string }[] }[]
  return links.flatMap((link) => (link.addr_info ?? []).flatMap(({ local }) => local ?? []))
}

async function ip(debian: string, ...args: string[]): Promise<string> {
  const [command = '', ...prefix] = inRoot(debian, 'ip')
  const { stdout } = await run(command, [...prefix, ...args], { timeout: HANG_MS })
  return stdout
}
