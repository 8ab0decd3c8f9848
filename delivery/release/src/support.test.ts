import { applied, clustersOf } from '@chat-app/platform'
import { helmChart } from '@chat-app/platform/install'
import { environments } from '@chat-app/environments'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { crdFiles, crdFilesFor, whyNoCrds } from '@chat-app/sandbox-cluster/testing'
import { support, supportTable } from './testing/support.ts'

const checkout = resolve(import.meta.dirname, '..', '..', '..')
const read = (path: string) => readFileSync(join(checkout, path), 'utf8')

test('docs/support.md shows the table', () => {
  expect(read('docs/support.md')).toContain(`\n${supportTable()}\n`)
})

describe('the releases that run in the tests are the pinned ones', () => {
  test('Kubernetes', () => {
    const [, version] = /^\tk8s\.io\/kubernetes v(\S+)/m.exec(read('sandbox/machine/go/kubernetes/go.mod')) ?? []
    expect(ran('Kubernetes')).toEqual([version])
    const chart = parse(helmChart({ version: '1.2.3', registry: 'a/b' })['Chart.yaml'] ?? '') as { kubeVersion: string }
    expect(chart.kubeVersion).toBe(`>=${support[0]?.versions}.0-0`)
  })

  test('Helm', () => {
    const [, version] = /^\thelm\.sh\/helm\/v4 v(\S+)/m.exec(read('sandbox/machine/go/helm/go.mod')) ?? []
    expect(ran('Helm')).toEqual([version])
  })

  test('MinIO', () => {
    const [, year, month, day] =
      /^\tgithub\.com\/minio\/minio v0\.0\.0-(\d{4})(\d\d)(\d\d)/m.exec(read('sandbox/machine/go/minio/go.mod')) ?? []
    expect(ran('MinIO, or another S3')).toEqual([`MinIO ${year}-${month}-${day}`])
  })
})

describe.skipIf(whyNoCrds !== undefined)(`the CRDs of others${whyNoCrds ? ` (skipped: ${whyNoCrds})` : ''}`, () => {
  test('of each listed release exist', () => {
    for (const { project, validated } of support) {
      if (project === undefined) continue
      expect(validated.length, project).toBeGreaterThan(0)
      for (const version of validated) expect(crdFiles(project, `v${version}`), `${project} ${version}`).not.toEqual([])
    }
  })

  test('that the environments need belong to listed releases', () => {
    const objects = environments.flatMap(clustersOf).flatMap(applied)
    const used = crdFilesFor(objects).map((file) => file.split('/').slice(-3, -1))
    const named = support.flatMap(({ project, validated }) => validated.map((version) => `${project}/v${version}`))
    expect(used.length).toBeGreaterThan(0)
    for (const [project, folder] of used) expect(named).toContain(`${project}/${folder}`)
  })
})

function ran(name: string): readonly string[] {
  return support.find((each) => each.name === name)?.ran ?? []
}
