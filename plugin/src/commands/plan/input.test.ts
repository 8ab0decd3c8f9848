import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand } from '../../testing/run.ts'

const HEAD = 'apiVersion: chat-app.com/v1alpha1\nkind: ChatApp\n'
const WHOLE = `${HEAD}metadata: { name: chat, namespace: here }\nspec: { version: 1.0.0 }\n`

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'chat-app-plan-'))))
afterAll(() => rm(folder, { recursive: true }))

/** Runs `plan` with a file, and no cluster. */
async function planned(text: string, ...args: string[]) {
  const file = join(folder, 'chatapp.yaml')
  await writeFile(file, text)
  const nobody = () => {
    throw new Error('asked the cluster')
  }
  return runCommand(nobody, ['plan', '-f', file, ...args])
}

test.each([
  ['nothing', '', 'is empty: give the file of one ChatApp'],
  ['comments', '# nothing\n---\n', 'is empty'],
  ['several documents', `${WHOLE}---\n${WHOLE}`, 'has 2 documents: give one ChatApp'],
  ['a list', '- a\n', 'is ["a"]: expected a ChatApp'],
  ['a text', 'hello', 'is "hello": expected a ChatApp'],
  ['another kind', 'apiVersion: apps/v1\nkind: Deployment\n', 'kind is "Deployment": expected ChatApp'],
  ['a List', 'apiVersion: v1\nkind: List\nitems: []\n', 'kind is "List": expected ChatApp'],
  ['another version', 'apiVersion: chat-app.com/v9\nkind: ChatApp\n', 'apiVersion is "chat-app.com/v9": expected chat'],
  ['no name', `${HEAD}metadata: { generateName: chat- }\n`, 'metadata.name is missing: give a name of'],
  ['a number as a name', `${HEAD}metadata: { name: 5 }\n`, 'metadata.name is 5: give a name of'],
  ['an option as a name', `${HEAD}metadata: { name: --kubeconfig=x }\n`, 'metadata.name is "--kubeconfig=x"'],
  ['an option as a namespace', `${HEAD}metadata: { name: a, namespace: -A }\n`, 'metadata.namespace is "-A"'],
  ['no spec', `${HEAD}metadata: { name: chat }\n`, 'spec is missing: expected the fields of a ChatApp'],
  ['broken YAML', `${HEAD}metadata: {\n`, 'is not YAML: '],
  ['a field twice', `${HEAD}kind: ChatApp\n`, 'is not YAML: Map keys must be unique'],
  ['aliases that grow', bomb(), 'is not YAML: Excessive alias count'],
  ['a huge file', `${WHOLE}#${'x'.repeat(1024 * 1024)}`, 'has more than 1048576 bytes'],
  ['what is no text', '\u0000\u0001', 'is '],
])('%s is refused without asking the cluster, with the fix', async (_what, text, message) => {
  const { code, err, out } = await planned(text)
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toContain(message)
  expect(err).not.toContain('asked the cluster')
  expect(err.length).toBeLessThan(400)
})

test('another namespace than that of -n is refused, and the same one is not', async () => {
  const { err } = await planned(WHOLE, '-n', 'there')
  expect(err).toContain('metadata.namespace is "here", and -n is "there": use the same one, or leave -n out')
  expect((await planned(WHOLE, '-n', 'here')).err).toBe('asked the cluster\n')
})

test('a file that is not there, a folder, and a missing option are named', async () => {
  const missing = await runCommand(() => never(), ['plan', '-f', join(folder, 'nothing.yaml')])
  expect(missing.err).toMatch(/--filename ".*nothing.yaml": ENOENT/)
  expect((await runCommand(() => never(), ['plan', '-f', folder])).err).toContain('EISDIR')
  expect(await runCommand(() => never(), ['plan'])).toMatchObject({ code: 2 })
  expect(await runCommand(() => never(), ['plan', 'chat', '-f', '-'])).toMatchObject({ code: 2 })
})

test('standard input is read, and is bounded too', async () => {
  const nobody = () => never()
  expect((await runCommand(nobody, ['plan', '-f', '-'], undefined, WHOLE)).err).toBe('asked the cluster\n')
  const huge = Buffer.alloc(2 * 1024 * 1024, 'x')
  expect((await runCommand(nobody, ['plan', '-f', '-'], undefined, huge)).err).toContain('- has more than')
})

function never(): never {
  throw new Error('asked the cluster')
}

/** Aliases of aliases, which would be a hundred million texts. */
function bomb(): string {
  const rows = Array.from(
    { length: 8 },
    (_, row) => `a${row + 1}: &a${row + 1} [${Array(10).fill(`*a${row}`).join(', ')}]`,
  )
  return `a0: &a0 x\n${rows.join('\n')}\n`
}
