import { expect, test } from 'vitest'
import type { Connect } from '../../cluster/cluster.ts'
import { runCommand } from '../../testing/run.ts'
import { releasedObjects, storedChatApp } from '../../testing/released.ts'
import { PLUGIN_VERSION } from '../../version.ts'

const FILE = 'apiVersion: chat-app.com/v1alpha1\nkind: ChatApp\nmetadata: { name: chat }\nspec: { version: 1.0.0 }\n'

/** A cluster whose operator has a version, or tells none, and whose API server answers the dry run of `apply` so. */
function clusterOf(version: string | undefined, refusal?: string): Connect {
  const { operator: _, ...status } = storedChatApp({ version: '1.0.0' }).status ?? {}
  const told = { ...status, conditions: [], ...(version !== undefined && { operator: { version } }) }
  const chatApp = { ...storedChatApp({ version: '1.0.0' }), status: told }
  return () => ({
    kubectl: async () => '',
    results: async (args) => {
      if (args[0] === 'apply' && refusal !== undefined) return { code: 1, out: '', err: refusal }
      const isList = args[0] === 'get' && args[1]?.includes(',') === true
      const items = releasedObjects([{ version: '1.0.0' }]).map(({ metadata, ...object }) => ({
        ...object,
        metadata: { ...metadata, ownerReferences: [{ kind: 'ChatApp', name: 'chat', uid: 'u' }] },
      }))
      if (args[0] === 'get' && !isList && !args[1]?.startsWith('chatapps'))
        return { code: 0, out: '{"items":[]}', err: '' }
      return { code: 0, out: JSON.stringify(isList ? { items } : chatApp), err: '' }
    },
    inNamespace: [],
  })
}

const plan = (connect: Connect, ...args: string[]) => runCommand(connect, ['plan', '-f', '-', ...args], undefined, FILE)

test('an operator of the same minor version is planned with, whatever its patch version', async () => {
  const patched = PLUGIN_VERSION.replace(/\d+$/, '99')
  expect(await plan(clusterOf(patched))).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining(patched) as string,
  })
})

test.each([
  ['9.9.0', `the operator has version 9.9.0, and this plugin ${PLUGIN_VERSION}`],
  [undefined, 'the operator does not tell its version'],
  ['\u001b[2J', 'and this plugin'],
])('an operator of version %j is planned with by --any-version alone, and the plan says so', async (version, why) => {
  const refused = await plan(clusterOf(version))
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.err).toContain(why)
  expect(refused.err).toContain('--any-version')
  const { code, out } = await plan(clusterOf(version), '--any-version')
  expect(code).toBe(0)
  expect(out).toContain('what the other version renders differently')
})

test('what the API server refuses is an error with its words, and not the object that kubectl repeats', async () => {
  const refusal = [
    'Error from server (Invalid): error when applying patch:',
    '{"spec":{}}',
    'to:',
    'Resource: "chat-app.com/v1alpha1, Resource=chatapps"',
    'for: "STDIN": error when patching "STDIN": ChatApp.chat-app.com "chat" is invalid: spec.version: Required value',
  ]
  const { code, err } = await plan(clusterOf(PLUGIN_VERSION, refusal.join('\n')))
  expect(code).toBe(1)
  expect(err).toBe(
    'the API server would refuse it: ChatApp.chat-app.com "chat" is invalid: spec.version: Required value\n',
  )
})

test('a cluster without ChatApps is named, with the fix', async () => {
  const { err } = await plan(
    clusterOf(PLUGIN_VERSION, 'error: no matches for kind "ChatApp" in version "chat-app.com/v1alpha1"'),
  )
  expect(err).toContain('install the operator, as docs/install.md says')
})
