import { expect, test } from 'vitest'
import type { KubectlRun } from '@chat-app/kubectl'
import type { Connect } from '../../cluster/cluster.ts'
import { runCommand } from '../../testing/run.ts'
import { unpainted } from '../../text/paint.ts'
import { plain } from '../../text/plain.ts'
import { follow } from './follow.ts'
import { byTime, parseLine, renderLine, type LogLine } from './line.ts'
import { newest } from './read.ts'

const at = (time: string, text: string, pod = 'chat-api-5d-x1', container = 'api') =>
  `[pod/${pod}/${container}] 2026-03-01T10:00:${time}Z ${text}`
const shown = (text: string) => renderLine(parseLine(at('01.5', text))!, unpainted)

test('lines of the services are shown by level, message and fields', () => {
  const line = { level: 'warn', time: '2026-03-01T10:00:01Z', service: 'api', node: 'n', msg: 'slow query' }
  expect(shown(JSON.stringify({ ...line, tookMs: 61_000, rows: 3, error: 'a b', body: { a: 1 } }))).toBe(
    '10:00:01.500 api       5d-x1 WARN slow query tookMs=1m1s rows=3 error="a b" body={"a":1}',
  )
  expect(shown(JSON.stringify({ ...line, level: 'info' }))).toBe('10:00:01.500 api       5d-x1 slow query')
})

test('any other line is shown as it is, without what controls a terminal', () => {
  expect(shown('{"broken')).toBe('10:00:01.500 api       5d-x1 {"broken')
  expect(shown('a\u001b[2Jb')).toBe('10:00:01.500 api       5d-x1 a [2Jb')
  expect(parseLine('no prefix')).toBeUndefined()
})

test('neither the text nor the fields of a line control a terminal, and a line with a return is whole', () => {
  const fields = { level: '\u001b[2J', msg: '\u001b]0;a\u0007', ['\u001b[1A']: '\u001b[2K' }
  const line = shown(JSON.stringify(fields))
  expect(line).toBe(plain(line))
  expect(parseLine(at('01', 'one\rtwo\u2028three'))?.text).toBe('one\rtwo\u2028three')
})

test('of more lines than are kept, the newest ones are', () => {
  const kept = newest(1000)
  const lines = ['03', '01', '02', '09', '08', '07'].map((time) => parseLine(at(time, 'x'.repeat(200)))!)
  for (const line of lines) kept.add(line)
  const { lines: left, isCut } = kept.take()
  expect(left.map(({ time }) => time.slice(-3, -1))).toEqual(['07', '08', '09'])
  expect(isCut).toBe(true)
})

test('lines are in the order of their times, whatever the digits of a fraction', () => {
  const times = ['01.2', '01.19', '01', '01.1999999', '00.999999999']
  const lines = times.map((time) => parseLine(at(time, time))!).toSorted(byTime)
  expect(lines.map(({ text }) => text)).toEqual(['00.999999999', '01', '01.19', '01.1999999', '01.2'])
})

/** kubectl that has said these lines. */
function said(run: KubectlRun | undefined, ...lines: string[]) {
  for (const line of lines) run?.onLine?.(line)
  return { code: 0, out: '', err: '' }
}

const pod = (name: string, phase = 'Running') => ({ metadata: { name }, status: { phase, containerStatuses: [{}] } })

test('logs merges the pods of the chosen components', async () => {
  const asked: string[] = []
  const connect: Connect = () => ({
    kubectl: async () => '',
    results: async (args, options) => {
      asked.push(args.join(' '))
      if (args[0] === 'logs') return said(options, at('02', 'two', 'b-1-2'), at('01', 'one'), 'error: no log of c')
      const found = args[1] === 'pods' ? { items: [pod('b-1-2')] } : { metadata: { name: 'chat', namespace: 'here' } }
      return { code: 0, out: JSON.stringify(found), err: '' }
    },
    inNamespace: [],
  })
  const { code, out, err } = await runCommand(connect, ['logs', 'chat', '--api', '--migrate', '--since', '1h'])
  expect(code).toBe(0)
  expect(out).toBe('10:00:01.000 api       5d-x1 one\n10:00:02.000 api       1-2 two\n')
  expect(err).toBe('no log of c\n')
  expect(asked.at(-1)).toContain(
    'app.kubernetes.io/name=chat-app,app.kubernetes.io/instance=chat,app.kubernetes.io/component in (api,migrate)',
  )
  expect(asked.at(-1)).toContain('--tail=-1 --since=1h')
})

test('follow takes in pods that come later, and a restarted container without a repeated line', async () => {
  const end = new AbortController()
  const got: string[] = []
  const streams: string[] = []
  const asked = new Set<string>()
  let looks = 0
  const cluster: ReturnType<Connect> = {
    kubectl: async () => '',
    results: async (args, run) => {
      if (args[0] === 'get') {
        looks += 1
        const others = [pod('a-1-2'), pod('a-1-3', 'Succeeded'), pod('--kubeconfig=./evil')]
        const items = looks === 1 ? [pod('a-1-1')] : [pod('a-1-1'), ...others]
        return { code: 0, out: JSON.stringify({ items }), err: '' }
      }
      streams.push(args.slice(-2).join(' '))
      const name = args[1]?.slice('pod/'.length) ?? ''
      asked.add(name)
      const isAgain = args.includes('--since-time')
      if (name === 'a-1-1')
        for (const time of isAgain ? ['01.5', '03'] : ['01', '01.5']) run?.onLine?.(at(time, time, name))
      else run?.onLine?.(at('02', '02', name))
      if (looks > 2) end.abort()
      return { code: 0, out: '', err: '' }
    },
    inNamespace: [],
  }
  const onLine = ({ text, pod }: LogLine): void => void got.push(`${pod} ${text}`)
  const range = ['--tail', '5']
  await follow(cluster, { namespace: 'here', selector: '', range, onLine, onNote: () => {}, signal: end.signal })
  expect(got.filter((line) => line.startsWith('a-1-1'))).toEqual(['a-1-1 01', 'a-1-1 01.5', 'a-1-1 03'])
  expect(got).toContain('a-1-2 02')
  expect([...asked].toSorted()).toEqual(['a-1-1', 'a-1-2', 'a-1-3'])
  expect(streams[0]).toBe('--tail 5')
  expect(streams).toContain('--tail -1')
  expect(streams).toContain('--since-time 2026-03-01T10:00:01.5Z')
  // A pod that has ended is followed once.
  expect(got.filter((line) => line === 'a-1-3 02')).toHaveLength(1)
})

const forbidden = 'error: pods "b-1-2" is forbidden'
const denied: Connect = () => ({
  kubectl: async () => '',
  results: async (args, options) => {
    if (args[0] === 'logs') return said(options, forbidden)
    const found = args[1] === 'pods' ? { items: [pod('b-1-2')] } : { metadata: { name: 'chat', namespace: 'here' } }
    return { code: 0, out: JSON.stringify(found), err: '' }
  },
  inNamespace: [],
})

test('logs fails when nothing can be read, and follow says it once', async () => {
  expect(await runCommand(denied, ['logs', 'chat'])).toMatchObject({
    code: 1,
    out: '',
    err: 'pods "b-1-2" is forbidden\n',
  })
  const notes: string[] = []
  const end = new AbortController()
  const onNote = (text: string): void => void notes.push(text)
  const results: ReturnType<Connect>['results'] = async (args, options) => {
    if (notes.length > 0 && args[0] === 'logs') end.abort()
    return denied({}).results(args, options)
  }
  const options = { namespace: 'here', selector: '', range: [], onLine: () => {}, onNote, signal: end.signal }
  await follow({ ...denied({}), results }, options)
  expect(notes).toEqual(['pods "b-1-2" is forbidden'])
})

test.each([['--since', 'soon'], ['--since', '1d'], ['--tail', 'all'], ['--tail=-2']])(
  'wrong values have the exit code 2: %s %s',
  async (...args) => {
    expect(await runCommand(denied, ['logs', 'chat', ...args])).toMatchObject({ code: 2, out: '' })
  },
)
