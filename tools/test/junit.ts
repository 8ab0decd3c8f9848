import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const DIST = join(import.meta.dirname, '..', '..', 'dist')

/** Path of the results of one project. */
export function junitPart(project: string): string {
  return join(DIST, `junit-${project}.xml`)
}

/** Merges the results of the projects into `dist/junit.xml`, for the report of the pipeline, and removes their files. */
export function writeJunit(projects: readonly string[], dist = DIST): void {
  const parts = projects.map((project) => join(dist, `junit-${project}.xml`)).filter((path) => existsSync(path))
  const suites = parts.map((path) => testSuites(readFileSync(path, 'utf8')))
  mkdirSync(dist, { recursive: true })
  const xml = ['<?xml version="1.0" encoding="UTF-8" ?>', '<testsuites>', ...suites, '</testsuites>', '']
  writeFileSync(join(dist, 'junit.xml'), xml.join('\n'))
  for (const path of parts) rmSync(path)
}

/** The content of the element `testsuites`. */
function testSuites(xml: string): string {
  return /<testsuites[^>]*>([\s\S]*)<\/testsuites>/.exec(xml)?.[1]?.trim() ?? ''
}
