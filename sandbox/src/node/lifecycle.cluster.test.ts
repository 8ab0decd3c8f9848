import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { kubectl } from '../kubectl.ts'
import { waitFor } from '../wait.ts'
import { sandboxId } from './identity.ts'
import { openNode, removeNode, startNode, type NodeCluster } from './index.ts'
import { readNodeRecord } from './record.ts'
import { machineState, NO_TRACES, ownFolder, processesNamed, tracer } from './testing.ts'

const folders: string[] = []

afterEach(async () => {
  for (const dir of folders.splice(0)) await removeNode(dir)
})

describe('a node sandbox', () => {
  it('leaves the machine as it was: no process, link, route, rule, mount, setting, cgroup or file', async () => {
    const dir = await newFolder()
    const before = await machineState()
    const cluster = await start(dir)
    await runPod(cluster)
    const left = tracer(dir, sandboxId(dir))
    expect(await left()).not.toMatchObject({ processes: [], cgroups: [] })
    const during = await machineState()
    expect({ ...during, links: before.links, routes: before.routes }).toEqual(before)

    await cluster.stop()
    expect(await left()).toEqual(NO_TRACES)
    expect(await machineState()).toEqual(before)
  })

  it('stands beside another, and its end does not touch the other', async () => {
    const [one, two] = await Promise.all([start(await newFolder()), start(await newFolder())])
    expect(one.network.index).not.toBe(two.network.index)
    expect(one.server).not.toBe(two.server)
    await Promise.all([runPod(one), runPod(two)])
    await one.stop()
    expect(await call(two)(['get', 'pods', '-o', 'name'])).toBe('pod/sleeper\n')
    await call(two)(['exec', 'sleeper', '--', 'true'])
    expect(openNode(one.dir)).toBeUndefined()
    expect(openNode(two.dir)?.server).toBe(two.server)
  })

  it('restarts what is killed of it, and keeps its state', async () => {
    const cluster = await start(await newFolder())
    await call(cluster)(['create', 'configmap', 'kept', '--from-literal=a=b'])
    for (const component of ['etcd', 'kube-apiserver', 'kubelet', 'containerd'] as const) {
      const before = processesNamed(cluster.dir, component)
      await cluster.kill(component, 'SIGKILL')
      await waitFor(() => processesNamed(cluster.dir, component).some((pid) => !before.includes(pid)), {
        timeoutMs: 10_000,
        what: `${component} to be back`,
      })
    }
    const data = await waitFor(
      () => call(cluster)(['get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}']).catch(() => undefined),
      { timeoutMs: 30_000, what: 'the API server to answer' },
    )
    expect(data).toBe('b')
    await runPod(cluster)
  })
})

describe('after a crash', () => {
  it.each(['supervisor', 'unshare', 'first process'])(
    'of the %s nothing runs on, and a new start works',
    async (what) => {
      const dir = await newFolder()
      const crashed = await start(dir)
      const left = tracer(dir, sandboxId(dir))
      process.kill(victim(dir, what), 'SIGKILL')
      await waitFor(async () => (await left()).processes.length === 0, { timeoutMs: 10_000, what: 'all to have ended' })
      expect(openNode(dir)).toBeUndefined()

      const cluster = await start(dir)
      expect(await call(cluster)(['get', 'nodes', '-o', 'name'])).toBe('node/node-1\n')
      expect(cluster.network.index).toBe(crashed.network.index)
    },
  )

  it('what is left is removed', async () => {
    const dir = await newFolder()
    const before = await machineState()
    await start(dir)
    const left = tracer(dir, sandboxId(dir))
    process.kill(victim(dir, 'unshare'), 'SIGKILL')
    await removeNode(dir)
    expect(await left()).toEqual(NO_TRACES)
    expect(await machineState()).toEqual(before)
  })
})

describe('a folder', () => {
  it("is left alone when it holds somebody else's files", async () => {
    const dir = await newFolder()
    await writeFile(join(dir, 'thesis.txt'), 'years of work')
    await expect(start(dir)).rejects.toThrow(`${dir}: is not empty and not a sandbox's; choose another folder`)
    expect(await readdir(dir)).toEqual(['thesis.txt'])
    folders.splice(folders.indexOf(dir), 1)
    await rm(dir, { recursive: true })
  })

  it('runs one sandbox at a time', async () => {
    const cluster = await start(await newFolder())
    await expect(start(cluster.dir)).rejects.toThrow(`${cluster.dir}: a sandbox already runs there; stop it first`)
    expect(await call(cluster)(['get', '--raw', '/readyz'])).toBe('ok')
  })

  it('may have a long path with spaces', async () => {
    const dir = join(await newFolder(), 'a folder with a long name '.repeat(4).trim(), 'of somebody')
    await mkdir(dir, { recursive: true })
    folders.push(dir)
    const cluster = await start(dir)
    await runPod(cluster)
    expect(await call(cluster)(['get', 'pods', '-o', 'name'])).toBe('pod/sleeper\n')
  })
})

async function newFolder(): Promise<string> {
  const dir = await ownFolder()
  folders.push(dir)
  return dir
}

function start(dir: string): Promise<NodeCluster> {
  return startNode({ dir, images: ['redis'] })
}

function call({ kubectl: binary, kubeconfig }: NodeCluster) {
  return kubectl({ binary, kubeconfig })
}

async function runPod(cluster: NodeCluster): Promise<void> {
  const image = 'sandbox.local/redis:7.0'
  // The controller that makes it may be a moment behind.
  await call(cluster)(['wait', '--for=create', 'serviceaccount/default', '--timeout=30s'])
  await call(cluster)(['run', 'sleeper', `--image=${image}`, '--restart=Never', '--command', '--', 'sleep', '3600'])
  await call(cluster)(['wait', '--for=condition=Ready', 'pod/sleeper', '--timeout=60s'])
}

function victim(dir: string, what: string): number {
  const record = readNodeRecord(dir)
  if (!record) throw new Error(`${dir}: nothing runs there`)
  const [supervisor = 0] = processesNamed(dir, 'supervisor.ts')
  return { supervisor, unshare: record.unshare.pid, 'first process': record.init.pid }[what] ?? 0
}
