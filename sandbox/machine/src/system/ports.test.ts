import { execFile } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { freePorts } from './ports.ts'

test('a chosen port is not chosen again, in this or another process, even if nothing listens on it yet', async () => {
  const [port = 0] = await freePorts(1)
  const script = `import { freePorts } from ${JSON.stringify(join(import.meta.dirname, 'ports.ts'))}
    await freePorts(1, () => ${port}).then(() => console.log('chosen'), ({ message }) => console.log(message))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  expect(stdout).toContain('fewer than 1 free TCP ports')
  await expect(freePorts(1, () => port)).rejects.toThrow('fewer than 1 free TCP ports')
})

test('a port on which a server listens is not chosen', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await expect(freePorts(1, () => port)).rejects.toThrow('fewer than 1 free TCP ports')
  server.close()
})
