import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { binaries, whyNoBinaries } from './binaries.ts'
import { compareVersions } from './go.ts'

let dir: string

/** Simulates a machine with an empty cache, whose PATH has only the programs of the test (and those its scripts need). */
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'binaries-'))
  for (const folder of ['bin', 'assets']) mkdirSync(join(dir, folder))
  vi.stubEnv('PATH', `${join(dir, 'bin')}:/usr/bin:/bin`)
  vi.stubEnv('XDG_CACHE_HOME', join(dir, 'cache'))
  vi.stubEnv('KUBEBUILDER_ASSETS', '')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(dir, { recursive: true })
})

const executable = (path: string, text: string): void => {
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

/** Writes a `go` that reports the version and runs the script to build. `$OUTPUT` is the file to write. */
const fakeGo = (build: string, version = '1.99.0', toolchain = 'auto'): void =>
  executable(
    join(dir, 'bin', 'go'),
    `#!/bin/sh
    [ "$1" = env ] && { echo '{"GOVERSION":"go${version}","GOTOOLCHAIN":"${toolchain}"}'; exit; }
    [ "$1" = list ] && { cat ${dir}/packages; exit; }
    echo "$@" >> ${dir}/builds
    for arg; do case $arg in -o=*) OUTPUT=\${arg#-o=};; esac; done
    ${build}`,
  )
const builds = (): string[] => readFileSync(join(dir, 'builds'), 'utf8').trimEnd().split('\n')

describe('the source of programs', () => {
  test('is KUBEBUILDER_ASSETS first; programs that it does not contain are built', async () => {
    executable(join(dir, 'assets', 'etcd'), '')
    vi.stubEnv('KUBEBUILDER_ASSETS', join(dir, 'assets'))
    fakeGo('echo built > $OUTPUT; chmod +x $OUTPUT')
    const found = await binaries(['etcd', 'kubectl'])
    expect(found.etcd).toBe(join(dir, 'assets', 'etcd'))
    expect(readFileSync(found.kubectl, 'utf8')).toBe('built\n')
    expect(found.kubectl).toMatch(/cache\/chat-app-sandbox\/kubernetes\/[0-9a-f]{16}\/kubectl$/)
  })

  test('is KUBEBUILDER_ASSETS alone, without a build, if it contains all of them', async () => {
    for (const name of ['etcd', 'kubectl']) executable(join(dir, 'assets', name), '')
    vi.stubEnv('KUBEBUILDER_ASSETS', join(dir, 'assets'))
    fakeGo('exit 1')
    await binaries(['etcd', 'kubectl'])
    expect(existsSync(join(dir, 'builds'))).toBe(false)
  })

  test('is not a file of KUBEBUILDER_ASSETS that is not executable', async () => {
    writeFileSync(join(dir, 'assets', 'etcd'), '')
    vi.stubEnv('KUBEBUILDER_ASSETS', join(dir, 'assets'))
    fakeGo('touch $OUTPUT')
    expect((await binaries(['etcd'])).etcd).toContain('/cache/')
  })

  test('is the cache after a build, without Go', async () => {
    fakeGo('touch $OUTPUT')
    const first = await binaries(['etcd', 'coredns'])
    rmSync(join(dir, 'bin', 'go'))
    expect(await binaries(['etcd', 'coredns'])).toEqual(first)
    expect(builds()).toHaveLength(1)
  })

  test('is one build for two concurrent calls', async () => {
    fakeGo('sleep 0.3; touch $OUTPUT')
    const [one, other] = await Promise.all([binaries(['etcd']), binaries(['etcd'])])
    expect(one).toEqual(other)
    expect(builds()).toHaveLength(1)
  })

  test('is cleaned up: a program that was not used for two weeks is removed, a recent one is kept', async () => {
    const [old, recent] = ['0000000000000000', '1111111111111111'].map((name) =>
      join(dir, 'cache', 'chat-app-sandbox', 'kubernetes', name),
    ) as [string, string]
    for (const folder of [old, recent]) mkdirSync(folder, { recursive: true })
    utimesSync(old, new Date(), new Date(Date.now() - 15 * 86_400_000))
    fakeGo('touch $OUTPUT')
    await binaries(['etcd'])
    expect([existsSync(old), existsSync(recent)]).toEqual([false, true])
  })
})

describe('a build', () => {
  test('has the version in go.mod, and depends on the sources alone', async () => {
    fakeGo('touch $OUTPUT; env > $(dirname $0)/env')
    vi.stubEnv('GOOS', 'windows')
    await binaries(['etcd'])
    expect(builds()[0]).toMatch(/^build .*-trimpath .*component-base\/version\.gitVersion=v1\.\d+\.\d+ /)
    const environment = readFileSync(join(dir, 'bin', 'env'), 'utf8').split('\n')
    expect(environment).toEqual(expect.arrayContaining(['CGO_ENABLED=0', 'GOWORK=off', 'GOOS=']))
  })

  const until = (path: string): string => `until [ -e ${path} ]; do sleep 0.1; done; touch $OUTPUT`

  test('reports its progress', async () => {
    writeFileSync(join(dir, 'some.go'), 'package some')
    const list = ['k8s.io/api', 'k8s.io/api/core/v1', 'main'].map((path) => `${path}\t${dir}\t\tsome.go\n`)
    writeFileSync(join(dir, 'packages'), list.join(''))
    const reported = join(dir, 'reported')
    fakeGo(`echo "go: downloading x v1" >&2; echo k8s.io/api >&2; echo k8s.io/api/core/v1 >&2\n${until(reported)}`)
    const progress: string[] = []
    const onProgress = (text: string): void => {
      progress.push(text)
      if (text.includes('2 of 3 packages')) writeFileSync(reported, '')
    }
    await binaries(['etcd'], { onProgress })
    expect(progress[0]).toMatch(/^building Kubernetes v1\./)
    expect(progress).toContainEqual(
      expect.stringMatching(/^building Kubernetes: 2 of 3 packages, \d+ s, about \d+ s left$/),
    )
  })

  test('succeeds if `go list` cannot count the packages', async () => {
    const reported = join(dir, 'reported')
    fakeGo(`echo k8s.io/api >&2\n${until(reported)}`)
    const progress: string[] = []
    const onProgress = (text: string): void => {
      progress.push(text)
      if (text.includes('1 packages')) writeFileSync(reported, '')
    }
    await binaries(['etcd'], { onProgress })
    expect(progress).toContainEqual(expect.stringMatching(/^building Kubernetes: 1 packages, \d+ s$/))
  })

  test("that fails is reported with Go's output, and leaves nothing in the cache", async () => {
    fakeGo('echo half > $OUTPUT; echo "main.go:7:2: undefined: nonsense" >&2; exit 1')
    await expect(binaries(['etcd'])).rejects.toThrow(/code 1[\s\S]*main.go:7:2: undefined: nonsense/)
    expect(readdirSync(join(dir, 'cache', 'chat-app-sandbox', 'kubernetes'))).toEqual([])
  })
})

describe('an error when nothing can be built', () => {
  test('names the version of an old Go and the version that is needed', () => {
    fakeGo('exit 1', '1.19.8')
    expect(whyNoBinaries(['kubelet'])).toMatch(/^kubelet: .*Go 1\.19\.8 .* is older than 1\.\d+\.\d+\./)
  })

  test('names GOTOOLCHAIN=local, with which Go cannot download a newer version', () => {
    fakeGo('exit 1', '1.22.0', 'local')
    expect(whyNoBinaries(['kubelet'])).toContain('GOTOOLCHAIN=local')
    fakeGo('exit 1', '1.22.0', 'auto')
    expect(whyNoBinaries(['kubelet'])).toBeUndefined()
  })

  test('lists the remedies', async () => {
    fakeGo('exit 1', '1.2.0')
    await expect(binaries(['kubelet', 'etcd'])).rejects.toThrow(
      /^kubelet, etcd: not in the cache[\s\S]*install Go[\s\S]*set KUBEBUILDER_ASSETS \(now not set\)[\s\S]*--context NAME/,
    )
  })
})

test.each([
  ['1.24.0', '1.24.0', 0],
  ['1.24', '1.24.0', 0],
  ['1.26.8', '1.24.10', 1],
  ['1.9', '1.24', -1],
  ['1.25rc1', '1.24.9', 1],
])('compareVersions(%s, %s) has the sign %d', (a, b, sign) => expect(Math.sign(compareVersions(a, b))).toBe(sign))
