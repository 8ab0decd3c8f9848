import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { HANG_MS, inRoot } from '@chat-app/sandbox-machine'
import { sandboxId } from './identity.ts'
import { MAX_SANDBOXES, network, type Network } from './network.ts'

const run = promisify(execFile)

/**
 * Creates the first link whose name and addresses are free, and returns the addresses of the sandbox. Only one process
 * can create a link with a given name, so two sandboxes never have the same addresses. Needs root.
 *
 * @throws Error if all address ranges are in use
 */
export async function makeLink(debian: string, dir: string): Promise<Network> {
  const used = await usedAddresses(debian)
  for (let index = 0; index < MAX_SANDBOXES; index++) {
    const plan = network(index)
    if (used.some((address) => address.startsWith(plan.hostAddress.replace(/\d+$/, '')))) continue
    if (await added(debian, plan)) {
      // The alias identifies the sandbox, for the clean-up after a crash.
      await ip(debian, 'link', 'set', plan.hostLink, 'alias', sandboxId(dir))
      return plan
    }
  }
  throw new Error(
    `all ${MAX_SANDBOXES} address ranges of sandboxes (10.200.0.0/16) are in use: stop a sandbox that you do not need`,
  )
}

/** Moves the node's end of the link into its network namespace and adds the route, which is removed with the link. Needs root. */
export async function connectLink(debian: string, plan: Network, initPid: number): Promise<void> {
  await ip(debian, 'link', 'set', plan.nodeLink, 'netns', String(initPid))
  await ip(debian, 'address', 'add', `${plan.hostAddress}/${plan.linkPrefixLength}`, 'dev', plan.hostLink)
  await ip(debian, 'link', 'set', plan.hostLink, 'up')
  await ip(debian, 'route', 'add', plan.cidr, 'via', plan.nodeAddress, 'dev', plan.hostLink)
}

/** Removes the links of the sandbox in the folder. Needs root. */
export async function removeLinks(debian: string, dir: string): Promise<void> {
  const links = JSON.parse(await ip(debian, '-json', 'link', 'show')) as { ifname: string; ifalias?: string }[]
  for (const { ifname } of links.filter((link) => link.ifalias === sandboxId(dir))) {
    // The kernel may have removed the link together with the network namespace of its other end.
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
