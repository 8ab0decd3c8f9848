import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { debianRoot } from '@chat-app/sandbox-machine'
import { DEADLINE_MS, eventually } from '@chat-app/testing'
import { kubectl } from '@chat-app/kubectl'
import { sandboxId } from './identity.ts'
import { openNode, removeNode, startNode, type NodeCluster } from './start.ts'
import { makeLink } from './link.ts'
import { NODE_PACKAGES } from './packages.ts'
import { readNodeRecord } from './record.ts'
import { machineState, NO_TRACES, ownFolder, processesNamed, tracer } from './testing.ts'

const folders: string[] = []

afterAll(async () => {
  // Removes all of them, even if one removal fails.
  const ends = await Promise.allSettled(folders.splice(0).map(removeNode))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
})

describe('a node sandbox', () => {
  // Each start costs much, so the two nodes serve several tests.
  let before: Awaited<ReturnType<typeof machineState>>
  let cluster: NodeCluster
  let neighbour: NodeCluster

  it('runs in its own namespaces, and adds one link to the machine', async () => {
    before = await machineState()
    cluster = await start(await newFolder())
    await runPod(cluster)
    expect(await tracer(cluster.dir, sandboxId(cluster.dir))()).not.toMatchObject({ processes: [], cgroups: [] })
    const during = await machineState(cluster.network.index)
    expect(during.links).toContainEqual(expect.stringMatching(`^${cluster.network.hostLink}@`))
    expect({ ...during, links: before.links, routes: before.routes }).toEqual(before)
  })

  it('restarts killed processes and keeps its state', async () => {
    await call(cluster)(['create', 'configmap', 'kept', '--from-literal=a=b'])
    for (const component of ['etcd', 'kube-apiserver', 'kubelet', 'containerd'] as const) {
      const killed = processesNamed(cluster.dir, component)
      await cluster.kill(component, 'SIGKILL')
      await eventually(() => {
        const others = processesNamed(cluster.dir, component).filter((pid) => !killed.includes(pid))
        expect(others, component).not.toEqual([])
      })
    }
    const data = await eventually(() => call(cluster)(['get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}']))
    expect(data).toBe('b')
    await runPod(cluster, 'another')
  })

  it('runs beside another one, in a folder with a long name', async () => {
    neighbour = await start(await newFolder("a folder with a long name of somebody's ".repeat(4)))
    expect(neighbour.network.index).not.toBe(cluster.network.index)
    await runPod(neighbour)
    await expect(start(neighbour.dir)).rejects.toThrow(
      `${neighbour.dir}: a sandbox is already running in this folder; stop it first`,
    )
  })

  it('leaves the machine as it was, and the other one: no process, link, route, rule, mount, setting, cgroup or file', async () => {
    const left = tracer(cluster.dir, sandboxId(cluster.dir))
    await cluster.stop()
    expect(await left()).toEqual(NO_TRACES)
    expect(await machineState(cluster.network.index)).toEqual(before)
    expect(openNode(cluster.dir)).toBeUndefined()
    await call(neighbour)(['exec', 'sleeper', '--', 'true'])
    expect(openNode(neighbour.dir)?.server).toBe(neighbour.server)
  })

  it('leaves no process after a crash of its supervisor, and a new start in the same folder succeeds', async () => {
    const { dir } = neighbour
    const left = tracer(dir, sandboxId(dir))
    process.kill(processesNamed(dir, 'supervisor.ts')[0] ?? 0, 'SIGKILL')
    await eventually(() => openNode(dir) === undefined)
    // On a busy machine, a killed process does not end immediately.
    await eventually(async () => expect(await left()).toMatchObject({ processes: [] }))

    const next = await start(dir)
    expect(await call(next)(['get', 'nodes', '-o', 'name'])).toBe('node/node-1\n')
    // Its link was removed; another sandbox, or this one, may have the index by now.
    const { links } = await machineState(neighbour.network.index)
    const isReused = next.network.index === neighbour.network.index
    expect(links.filter((line) => line.startsWith(`${neighbour.network.hostLink}@`))).toHaveLength(isReused ? 1 : 0)
    neighbour = next
  })

  it('leaves nothing after a crash of the process that created the namespaces, once removeNode has removed it', async () => {
    const { dir, network } = neighbour
    const left = tracer(dir, sandboxId(dir))
    process.kill(readNodeRecord(dir)?.unshare.pid ?? 0, 'SIGKILL')
    await removeNode(dir)
    // On a busy machine, a killed process does not end immediately.
    await eventually(async () => expect(await left()).toEqual(NO_TRACES))
    expect(await machineState(network.index)).toEqual(before)
  })
})

describe('after a crash', () => {
  it('of the parent process, a sandbox with the lifetime `parent` is removed', async () => {
    const dir = await newFolder()
    const script = `import { startNode } from ${JSON.stringify(join(import.meta.dirname, 'start.ts'))}
      await startNode({ dir: ${JSON.stringify(dir)}, images: [], lifetime: 'parent' })
      console.log('started')
      setInterval(() => {}, 1000)`
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(parent.stdout, 'data')
    const left = tracer(dir, sandboxId(dir))
    parent.kill('SIGKILL')
    await eventually(() => !existsSync(dir))
    // On a busy machine, a killed process does not end immediately.
    await eventually(async () => expect(await left()).toEqual(NO_TRACES))
  })

  it('between the creation of the link and the first process, removeNode removes everything', async () => {
    const dir = await newFolder()
    const before = await machineState()
    const { index } = await makeLink(await debianRoot(NODE_PACKAGES), dir)
    expect((await machineState(index)).links).not.toEqual(before.links)
    await removeNode(dir)
    expect(await machineState(index)).toEqual(before)
  })
})

describe('a folder', () => {
  it('with other files is refused and not removed', async () => {
    const dir = await ownFolder()
    for (const name of ['data', 'logs']) await mkdir(join(dir, name))
    await expect(start(dir)).rejects.toThrow(
      `${dir}: the folder is not empty and does not belong to a sandbox; choose another folder`,
    )
    await expect(removeNode(dir)).rejects.toThrow(`${dir}: the folder does not belong to a sandbox and is not removed`)
    expect(await readdir(dir)).toEqual(['data', 'logs'])
    await rm(dir, { recursive: true })
  })
})

async function newFolder(name?: string): Promise<string> {
  const dir = await ownFolder(name)
  folders.push(dir)
  return dir
}

function start(dir: string): Promise<NodeCluster> {
  return startNode({ dir, images: ['redis'], lifetime: 'parent' })
}

function call({ kubectl: binary, kubeconfig }: NodeCluster) {
  return kubectl({ binary, kubeconfig })
}

async function runPod(cluster: NodeCluster, name = 'sleeper'): Promise<void> {
  const image = 'sandbox.local/redis:7.0'
  const timeout = `--timeout=${DEADLINE_MS / 1000}s`
  // A controller creates the ServiceAccount after the namespace.
  await call(cluster)(['wait', '--for=create', 'serviceaccount/default', timeout])
  await call(cluster)(['run', name, `--image=${image}`, '--restart=Never', '--command', '--', 'sleep', '3600'])
  await call(cluster)(['wait', '--for=condition=Ready', `pod/${name}`, timeout])
}
