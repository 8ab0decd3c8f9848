import { describe, expect, test, vi } from 'vitest'
import { helpText, type Command } from './command.ts'
import { nearest, unknownName } from './nearest.ts'
import { readArguments } from './read-arguments.ts'
import { showSteps } from './steps.ts'

const command = {
  name: 'npm run build',
  usage: ['-- --env NAME [option...]', '-- --list'],
  about: ['Builds it.'],
  options: {
    env: { value: 'NAME', help: 'what to build for' },
    tag: { value: 'TAG', help: 'a further tag', isMultiple: true },
    timeout: { value: 'SECONDS', help: 'how long it may take', default: '60' },
    'dry-run': { help: 'build nothing' },
  },
  exitCodes: { 0: 'all is built', 1: 'it is not' },
  examples: { 'npm run build -- --env dev': 'for dev' },
} as const satisfies Command

describe('readArguments', () => {
  test('reads options, and names between them', () => {
    expect(readArguments(command, ['a', '--env', 'dev', '--tag=x', '--dry-run', 'b'])).toEqual({
      values: { env: 'dev', tag: ['x'], 'dry-run': true },
      names: ['a', 'b'],
    })
  })

  test('keeps all values of an option that may be repeated', () => {
    expect(readArguments(command, ['--tag', 'x', '--tag=-y']).values).toEqual({ tag: ['x', '-y'] })
  })

  test('reads an option by its letter, with its value after a space, a "=" or nothing', () => {
    const short = { ...command, options: { env: { ...command.options.env, short: 'e' } } } as const
    for (const args of [['-e', 'dev'], ['-e=dev'], ['-edev'], ['--env=dev']])
      expect(readArguments(short, args).values).toEqual({ env: 'dev' })
    expect(helpText(short)).toContain('  -e, --env NAME  what to build for')
    expect(readArguments(short, ['-e', '-']).values).toEqual({ env: '-' })
    expect(() => readArguments(short, ['-e'])).toThrow('-e needs a value: --env NAME')
  })

  test('ignores an option with an empty value', () => {
    expect(readArguments(command, ['--env', '', '--tag=']).values).toEqual({})
  })

  test.each([
    [['--evn', 'dev'], '--evn: unknown option; did you mean --env?'],
    [['--environment=dev'], '--environment: unknown option; did you mean --env?'],
    [['--dryrun'], '--dryrun: unknown option; did you mean --dry-run?'],
    [['--hlep'], '--hlep: unknown option; did you mean --help?'],
    [['--force'], '--force: unknown option\n'],
    [['--constructor'], '--constructor: unknown option\n'],
    [['-e', 'dev'], '-e: unknown option\n'],
    [['--env'], '--env needs a value: --env NAME'],
    [['--env', '--dry-run'], '--env needs a value: --env NAME'],
    [['--dry-run=yes'], '--dry-run takes no value'],
    [['--env', 'dev', '--env', 'test'], '--env is given twice: leave one out'],
    [['--dry-run', '--dry-run'], '--dry-run is given twice: leave one out'],
  ])('refuses %j, with the usage', (args, message) => {
    expect(() => readArguments(command, args)).toThrow(message)
    expect(() => readArguments(command, args)).toThrow(
      'usage: npm run build -- --env NAME [option...]\n       npm run build -- --list\nAll options: npm run build -- --help',
    )
  })
})

describe('an option that npm has taken, because it stands before "--"', () => {
  test.each([
    ['npm_config_dry_run', 'true', '--dry-run stands before "--", where npm takes it: npm run build -- --dry-run\n'],
    ['npm_config_env', 'true', '--env stands before "--", where npm takes it: npm run build -- --env NAME\n'],
  ])('is refused by the variable %s', (variable, value, message) => {
    vi.stubEnv(variable, value)
    try {
      expect(() => readArguments(command, ['--tag', 'x'])).toThrow(message)
      expect(readArguments(command, ['--env', 'dev', '--dry-run']).values).toEqual({ env: 'dev', 'dry-run': true })
      expect(readArguments({ ...command, name: 'kubectl build' }, []).values).toEqual({})
    } finally {
      vi.unstubAllEnvs()
    }
  })

  test('is no setting that npm has on this machine', () => {
    vi.stubEnv('npm_config_registry', 'https://npm.example.com')
    const options = { registry: { value: 'HOST', help: 'where images are' } }
    try {
      expect(readArguments({ ...command, options }, []).values).toEqual({})
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

describe('the nearest name', () => {
  test.each([
    ['stagin', 'staging'],
    ['Prod', 'prod'],
    ['production', 'prod'],
    ['devel', 'dev'],
    ['tset', 'test'],
    ['te', undefined],
    ['elsewhere', undefined],
  ])('of %s is %s', (name, near) => {
    expect(nearest(name, ['local', 'dev', 'test', 'staging', 'prod'])).toBe(near)
  })

  test('is in the error for an unknown name, with all valid names', () => {
    expect(unknownName('size', 'nodes', ['api', 'node'])).toBe(
      'unknown size "nodes": did you mean node? (there are api, node)',
    )
    expect(unknownName('size', 'huge', ['api'])).toBe('unknown size "huge"; there is api')
  })
})

test('the help shows each option with its value and default, the exit codes and the examples', () => {
  expect(helpText(command)).toBe(`usage: npm run build -- --env NAME [option...]
       npm run build -- --list

Builds it.

Options:
  --env NAME         what to build for
  --tag TAG          a further tag (may be repeated)
  --timeout SECONDS  how long it may take (default: 60)
  --dry-run          build nothing
  --help             print this help and exit

Exit codes:
  0  all is built
  1  it is not

Examples:
  npm run build -- --env dev  # for dev`)
})

test('the help wraps a long text, and indents it to the column of the first line', () => {
  const options = { env: { value: 'NAME', help: 'word '.repeat(30).trim() } }
  const lines = helpText({ ...command, options }).split('\n')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
  expect(lines.filter((line) => / {2,}word/.test(line)).map((line) => line.indexOf('word'))).toEqual([14, 14])
})

describe('the steps of a long command', () => {
  const shown = (isTTY: boolean, columns = 40) => {
    const written: string[] = []
    const screen = { isTTY, columns, write: (text: string) => written.push(text) }
    const steps = showSteps(screen, (line) => written.push(`${line}\n`))
    steps.next('first', 2)
    steps.detail('x'.repeat(50))
    steps.print('a result')
    steps.next('second', 2)
    steps.end()
    return written.join('').split('\r\u001b[2K')
  }

  test('are redrawn in one line on a terminal, below the printed results', () => {
    const long = `1 of 2  first: ${'x'.repeat(24)}`
    expect(shown(true)).toEqual(['', '1 of 2  first', long, 'a result\n', long, '2 of 2  second', ''])
  })

  test('are cut at 80 columns when the width of the terminal is unknown', () => {
    expect(shown(true, 0)).toContain(`1 of 2  first: ${'x'.repeat(50)}`)
  })

  test('are hidden without a terminal; results are printed', () => expect(shown(false)).toEqual(['a result\n']))

  describe('that are its output', () => {
    const run = async (isTTY: boolean, work: (detail: (text: string) => void) => Promise<number>) => {
      const printed: string[] = []
      const screen = { isTTY, write: () => true }
      const steps = showSteps(screen, (line) => printed.push(line))
      const result = await steps.run('first', 2, work).catch((error: Error) => error.message)
      steps.end()
      return { printed: printed.map((line) => line.replace(/\d+\.\d s/, 'N s')), result }
    }
    const succeed = (detail: (text: string) => void) => (detail('pulling: 1'), detail('pulling: 2'), Promise.resolve(7))

    test('leave a line with the duration', async () => {
      expect(await run(true, succeed)).toEqual({ printed: ['✔ first (N s)'], result: 7 })
    })

    test('print what they do too, without a terminal, but not each repeated line', async () => {
      expect(await run(false, succeed)).toEqual({ printed: ['first: pulling: 1', '✔ first (N s)'], result: 7 })
    })

    test.each([true, false])('are marked when they fail (on a terminal: %s)', async (isTTY) => {
      const fail = () => Promise.reject(new Error('refused'))
      expect(await run(isTTY, fail)).toEqual({ printed: ['✖ first (N s)'], result: 'refused' })
    })
  })
})
