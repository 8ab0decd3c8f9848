import { describe, expect, test } from 'vitest'
import { Health, UnknownYetError } from './health.ts'

const up = () => Promise.resolve()
const down = (reason: string) => () => Promise.reject(new Error(reason))

describe('health', () => {
  test('has the documented shape', async () => {
    expect(await new Health({ db: up, redis: up }).answer('/actuator/health', true)).toEqual({
      status: 200,
      body: {
        status: 'UP',
        components: {
          diskSpace: { status: 'UP', details: { free: expect.any(Number), threshold: 10_485_760 } },
          ping: { status: 'UP' },
          redis: { status: 'UP' },
          db: { status: 'UP' },
        },
      },
    })
  })

  test('depends on the database and not on Redis', async () => {
    const withoutRedis = await new Health({ db: up, redis: down('gone') }).answer('/actuator/health/readiness', true)
    expect(withoutRedis).toMatchObject({
      status: 200,
      body: { status: 'UP', components: { redis: { status: 'DOWN' } } },
    })

    const withoutDatabase = await new Health({ db: down('database db:3306: connect ECONNREFUSED'), redis: up }).answer(
      '/actuator/health',
      true,
    )
    expect(withoutDatabase).toMatchObject({
      status: 503,
      body: {
        status: 'DOWN',
        components: { db: { status: 'DOWN', details: { error: 'database db:3306: connect ECONNREFUSED' } } },
      },
    })
  })

  test('is unknown before the first answer of the database: not ready, and not down', async () => {
    const health = new Health({ db: () => Promise.reject(new UnknownYetError('is connecting')) })
    expect(await health.answer('/actuator/health/readiness', true)).toMatchObject({
      status: 503,
      body: { status: 'UNKNOWN', components: { db: { status: 'UNKNOWN', details: { error: 'is connecting' } } } },
    })
  })

  test('reports a check that hangs as down', async () => {
    const health = new Health({ db: () => new Promise(() => undefined) })
    expect(await health.answer('/actuator/health', true)).toMatchObject({
      status: 503,
      body: { components: { db: { details: { error: 'no answer within 2000 ms' } } } },
    })
  })

  test('is not ready and still alive once the process is taken out of service', async () => {
    const health = new Health({ db: up })
    health.takeOut('draining')
    expect(await health.answer('/actuator/health/readiness', true)).toMatchObject({
      status: 503,
      body: { status: 'OUT_OF_SERVICE' },
    })
    expect(await health.answer('/actuator/health/liveness', true)).toMatchObject({
      status: 200,
      body: { status: 'UP' },
    })
  })

  test('runs a check once for probes that arrive together', async () => {
    let asked = 0
    const health = new Health({ db: () => ((asked += 1), Promise.resolve()) })
    await Promise.all(Array.from({ length: 50 }, () => health.answer('/actuator/health', true)))
    expect(asked).toBe(1)
  })

  test('tells strangers the states alone', async () => {
    const health = new Health({ db: down('database db:3306: connect ECONNREFUSED'), redis: up })
    for (const path of ['/actuator/health', '/actuator/health/readiness'])
      expect(await health.answer(path, false)).toEqual({
        status: 503,
        body: {
          status: 'DOWN',
          components: {
            diskSpace: { status: 'UP' },
            ping: { status: 'UP' },
            redis: { status: 'UP' },
            db: { status: 'DOWN' },
          },
        },
      })
  })

  test('has no answer for other paths', async () => {
    expect(await new Health({}).answer('/actuator/env', true)).toBeUndefined()
  })
})
