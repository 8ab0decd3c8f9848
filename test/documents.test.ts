import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { clustersOf, manifests } from '@chat-app/platform'
import { environments } from '@chat-app/environments'
import { describe, expect, test } from 'vitest'

const CHECKOUT = resolve(import.meta.dirname, '..')
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: CHECKOUT }).map((page) => ({
  page,
  text: readFileSync(join(CHECKOUT, page), 'utf8'),
}))

/** What the first group of a pattern finds in the pages, with the page. */
function named(pattern: RegExp): { readonly page: string; readonly name: string }[] {
  return pages.flatMap(({ page, text }) => [...text.matchAll(pattern)].map(([, name = '']) => ({ page, name })))
}

describe('the documents', () => {
  test('link to files that are there', () => {
    const links = named(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)
    expect(links.length).toBeGreaterThan(50)
    expect(links.filter(({ page, name }) => !existsSync(join(CHECKOUT, dirname(page), name)))).toEqual([])
  })

  test('name commands of package.json', () => {
    const file = readFileSync(join(CHECKOUT, 'package.json'), 'utf8')
    const { scripts } = JSON.parse(file) as { scripts: Record<string, string> }
    const commands = named(/npm run ([a-z]\S*?)(?=[`\s.,;:)]|$)/gm)
    expect(commands.length).toBeGreaterThan(20)
    expect(commands.filter(({ name }) => !(name in scripts))).toEqual([])
  })

  test('name manifests that are written', () => {
    const written = environments.flatMap(clustersOf).flatMap((cluster) => {
      const files = manifests(cluster).map(({ path }) => `${cluster.folder}/${path}`)
      return [...files, ...files.map(dirname), cluster.environment.name]
    })
    const known = new Set(written)
    const paths = named(/\bdist\/([a-z][\w./-]*\w)/g).filter(({ name }) =>
      environments.some((environment) => name.split('/')[0] === environment.name),
    )
    expect(paths.length).toBeGreaterThan(4)
    expect(paths.filter(({ name }) => !known.has(name))).toEqual([])
  })
})
