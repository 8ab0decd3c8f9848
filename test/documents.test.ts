import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'
import { clustersOf, manifests } from '@chat-app/platform'
import { environments } from '@chat-app/environments'
import { describe, expect, test } from 'vitest'

const CHECKOUT = resolve(import.meta.dirname, '..')
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: CHECKOUT }).map((page) => ({
  page,
  text: readFileSync(join(CHECKOUT, page), 'utf8'),
}))

const LINE_CHARACTERS = 100
const CELL_CHARACTERS = 160

/** The matches of a pattern in the pages: the text of its first group, with the page. */
function named(pattern: RegExp): { readonly page: string; readonly name: string }[] {
  return pages.flatMap(({ page, text }) => [...text.matchAll(pattern)].map(([, name = '']) => ({ page, name })))
}

describe('the documents', () => {
  test('link to existing files', () => {
    const links = named(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)
    expect(links.length).toBeGreaterThan(50)
    expect(links.filter(({ page, name }) => !existsSync(join(CHECKOUT, dirname(page), name)))).toEqual([])
  })

  test('name existing npm scripts', () => {
    const file = readFileSync(join(CHECKOUT, 'package.json'), 'utf8')
    const { scripts } = JSON.parse(file) as { scripts: Record<string, string> }
    const commands = named(/npm run ([a-z]\S*?)(?=[`\s.,;:)]|$)/gm)
    expect(commands.length).toBeGreaterThan(20)
    expect(commands.filter(({ name }) => !(name in scripts))).toEqual([])
  })

  test('name manifests that synth writes', () => {
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

  test('link to existing headings', () => {
    const links = pages.flatMap(({ page, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)].map(([, target = '', anchor = '']) => ({
        page,
        target: target === '' ? page : normalize(join(dirname(page), target)),
        anchor,
      })),
    )
    expect(links.length).toBeGreaterThan(20)
    const missing = links.filter(({ target, anchor }) => !anchorsOf(target).includes(anchor))
    expect(missing).toEqual([])
  })

  test('name existing files of the repository', () => {
    const folders = readdirSync(CHECKOUT, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    const written = new Set(['coverage', 'dist', 'node_modules'])
    const own = new Set(folders.map(({ name }) => name).filter((name) => !written.has(name)))
    const isOwn = (name: string) => own.has(name.split('/')[0] ?? '') || /(\.m?ts|\.mjs|Dockerfile)$/.test(name)
    const paths = named(/`([\w.-]+\/[^`\s]*)`/g).filter(({ name }) => isOwn(name))
    expect(paths.length).toBeGreaterThan(20)
    const isThere = (name: string) => globSync(name.replaceAll(/<[^>]*>/g, '*'), { cwd: CHECKOUT }).length > 0
    expect(paths.filter(({ name }) => !isThere(name))).toEqual([])
  })

  test('can be reached from docs/README.md', () => {
    const reached = new Set<string>()
    const queue = ['docs/README.md']
    for (const page of queue) {
      if (reached.has(page)) continue
      reached.add(page)
      const links = named(/\]\((?!https?:|#)([^)#\s]+\.md)/g).filter((link) => link.page === page)
      queue.push(...links.map(({ name }) => normalize(join(dirname(page), name))))
    }
    const inDocs = pages.map(({ page }) => page).filter((page) => page.startsWith('docs/'))
    expect(inDocs.length).toBeGreaterThan(80)
    expect(inDocs.filter((page) => !reached.has(page))).toEqual([])
  })

  test(`wrap their paragraphs at ${LINE_CHARACTERS} characters`, () => {
    const long = prose().filter(({ line }) => !line.startsWith('|') && canBreak(line))
    expect(long.filter(({ line }) => line.length > LINE_CHARACTERS)).toEqual([])
  })

  test(`keep a cell of a table within ${CELL_CHARACTERS} characters`, () => {
    const cells = prose()
      .filter(({ line }) => line.startsWith('|'))
      .flatMap(({ page, line }) => line.split(/(?<!\\)\|/).map((cell) => ({ page, cell: cell.trim() })))
    expect(cells.length).toBeGreaterThan(1000)
    // A value or names of objects cannot be split.
    const isCode = (cell: string) => /^(`[^`]*`(<br>)?)+$/.test(cell)
    expect(cells.filter(({ cell }) => cell.length > CELL_CHARACTERS && !isCode(cell))).toEqual([])
  })
})

/** The lines of the pages, without code blocks and headings. */
function prose(): { readonly page: string; readonly line: string }[] {
  return pages.flatMap(({ page, text }) =>
    withoutCode(text)
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => ({ page, line })),
  )
}

/** Whether a line can be wrapped: it has two words after the marker of a list item. Code and links are one word each. */
function canBreak(line: string): boolean {
  const words = line.replace(/^\s*([-*]|\d+\.)\s/, '').match(/(`[^`]*`|\[[^\]]*\]\([^)]*\)|\S)+/g)
  return (words ?? []).length > 1
}

/** The anchors of a page's headings on GitHub and GitLab. */
function anchorsOf(path: string): string[] {
  const text = pages.find(({ page }) => page === path)?.text ?? ''
  return [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function withoutCode(text: string): string {
  return text.replaceAll(/^ *```[^\n]*\n[\s\S]*?^ *```$/gm, '')
}
