import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')
const FOLDERS = [
  ...['observe', 'plan', 'reconcile', 'status'].map((folder) => `operator/src/${folder}/**/*.ts`),
  'charts/chat/src/*.ts',
]
/** Its reasons are those of Events. */
const EVENTS = 'operator/src/status/announce.ts'

/** The places where a reason stands: a field or variable of that name, a failure, and the table of the components. */
const PLACES = [
  /\breason(?::| =)\s([^,;}]*)/g,
  /\b(?:new (?:Stalled|Waiting)\(|failure\('\w+',)\s*('\w+')/g,
  /_REASONS: Readonly<Record<string, string>> = \{([^}]*)\}/g,
]

test('docs/reasons.md has a row for each reason of a condition, and for no other', () => {
  const page = readFileSync(join(CHECKOUT, 'docs/reasons.md'), 'utf8')
  const rows = [...page.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)])
  const documented = rows.map(([, reason = '']) => reason)
  expect(documented).toEqual([...new Set(documented)])
  expect(documented.toSorted()).toEqual([...new Set(reasonsInCode())].toSorted())
})

function reasonsInCode(): string[] {
  return globSync(FOLDERS, { cwd: CHECKOUT })
    .filter((path) => !path.endsWith('.test.ts') && path !== EVENTS)
    .map((path) => readFileSync(join(CHECKOUT, path), 'utf8'))
    .flatMap((code) => PLACES.flatMap((place) => [...code.matchAll(place)]))
    .flatMap(([, expression = '']) => [...expression.matchAll(/'([A-Z]\w+)'/g)].map(([, reason = '']) => reason))
}
