import specs from '@asyncapi/specs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { OPERATIONS } from '../registry.ts'
import { asyncApi } from './asyncapi.ts'
import { openApi } from './openapi.ts'

test('the document of the routes is valid OpenAPI, and has every route', async () => {
  const document = openApi()

  expect(await new Validator().validate(document)).toEqual({ valid: true })
  const routes = Object.values(document['paths'] as Record<string, Record<string, { operationId: string }>>)
  expect(routes.flatMap((methods) => Object.values(methods)).map(({ operationId }) => operationId)).toEqual(
    expect.arrayContaining(OPERATIONS.filter(({ http }) => http).map(({ name }) => name)),
  )
})

test('the document of the frames is valid AsyncAPI, and has every frame', () => {
  // The file has the draft of JSON Schema that it is written in.
  const ajv = new Ajv({ meta: false, validateSchema: false, strict: false, validateFormats: false })
  const validate = ajv.compile(specs.schemas['3.0.0'] as object)
  const document = asyncApi()

  validate(document)
  expect(validate.errors ?? []).toEqual([])
  expect(Object.keys(document['operations'] as object)).toEqual(
    expect.arrayContaining(OPERATIONS.filter(({ frame }) => frame).map(({ name }) => name)),
  )
})
