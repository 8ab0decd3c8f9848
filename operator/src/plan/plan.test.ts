import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../runtime/types.ts'
import { plan, type Action } from './plan.ts'
import { sealed } from './seal.ts'

const owner = { name: 'chat', uid: 'u-chat' }
const ownerReference = { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', ...owner, controller: true }
const labels = { 'app.kubernetes.io/managed-by': 'chat-app-operator', 'app.kubernetes.io/instance': 'chat' }

function desiredObject(name: string, fields: object = { data: { a: '1' } }, kind = 'ConfigMap'): KubeObject {
  const metadata = { name, namespace: 'ns', labels, ownerReferences: [ownerReference] }
  return { apiVersion: 'v1', kind, metadata, ...fields }
}

/** A desired object as the API server stores it, with changes. */
function stored(object: KubeObject, metadata: object = {}, fields: object = {}): KubeObject {
  const { metadata: own, ...rest } = sealed(object)
  return { ...rest, ...fields, metadata: { ...own, uid: `u-${own.name}`, resourceVersion: '1', ...metadata } }
}

function planned(desired: KubeObject[], observed: KubeObject[], isHeld: (object: KubeObject) => boolean = () => false) {
  const { actions, foreign, leaving } = plan({ owner, desired: desired.map(sealed), observed, isHeld })
  return { actions: actions.map(sentence), foreign: foreign.map(({ holder }) => holder), leaving }
}

function sentence(action: Action): string {
  const { kind, metadata } = action.type === 'delete' ? action.live : action.object
  return `${action.type} ${kind} ${metadata.name}: ${action.because}`
}

const config = desiredObject('config')
const nothing = { actions: [], foreign: [], leaving: [] }

describe('a plan', () => {
  test('creates objects that do not exist, in the order in which they are applied', () => {
    expect(planned([config, desiredObject('a')], []).actions).toEqual([
      'create ConfigMap config: it does not exist',
      'create ConfigMap a: it does not exist',
    ])
  })

  test('writes nothing when every object is right', () => {
    expect(planned([config], [stored(config)])).toEqual(nothing)
  })

  test('keeps labels, annotations and fields that others have added', () => {
    const metadata = {
      labels: { ...labels, team: 'a' },
      annotations: { ...sealed(config).metadata.annotations, note: 'x' },
    }
    expect(planned([config], [stored(config, metadata, { data: { a: '1', b: '2' } })])).toEqual(nothing)
  })

  test('repairs a field that was edited, and names it', () => {
    expect(planned([config], [stored(config, {}, { data: { a: 'edited' } })]).actions).toEqual([
      'update ConfigMap config: data.a was changed',
    ])
  })

  test('repairs labels and the owner reference', () => {
    expect(
      planned([config], [stored(config, { labels: { ...labels, 'app.kubernetes.io/instance': 'other' } })]).actions,
    ).toEqual(['update ConfigMap config: metadata.labels.app.kubernetes.io/instance was changed'])
  })

  test('updates an object when a field is no longer desired, which only the hash shows', () => {
    const before = desiredObject('config', { data: { a: '1', b: '2' } })
    expect(planned([config], [stored(before)]).actions).toEqual([
      'update ConfigMap config: the desired state has changed',
    ])
  })

  test('updates an object without the hash', () => {
    expect(planned([config], [stored(config, { annotations: {} })]).actions).toHaveLength(1)
  })

  test('does not repair a field that the server is known to write in another form', () => {
    const desired = desiredObject('config', { data: { a: '1', b: '2' } })
    const live = stored(desired, {}, { data: { a: 'normalized', b: '2' } })
    const { actions } = plan({
      owner,
      desired: [sealed(desired)],
      observed: [live],
      isHeld: () => false,
      normalized: () => new Set(['data.a']),
    })
    expect(actions).toEqual([])
    const edited = stored(desired, {}, { data: { a: 'normalized', b: 'edited' } })
    const repair = plan({
      owner,
      desired: [sealed(desired)],
      observed: [edited],
      isHeld: () => false,
      normalized: () => new Set(['data.a']),
    })
    expect(repair.actions.map(sentence)).toEqual(['update ConfigMap config: data.b was changed'])
  })

  test('deletes an object that is no longer desired', () => {
    expect(planned([], [stored(config)]).actions).toEqual(['delete ConfigMap config: it is no longer desired'])
  })

  test('does not delete an object of others, nor one that is being deleted', () => {
    const foreign = { ...ownerReference, uid: 'u-other', name: 'other' }
    const observed = [
      stored(config, { ownerReferences: [foreign] }),
      stored(desiredObject('orphan'), { ownerReferences: [] }),
      stored(desiredObject('going'), { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    ]
    expect(planned([], observed)).toEqual(nothing)
  })

  test('does not change a foreign object with the name of a desired one, and names both', () => {
    const foreign = { ...ownerReference, kind: 'Helm', uid: 'u-helm', name: 'release' }
    expect(planned([config], [stored(config, { ownerReferences: [foreign] })])).toEqual({
      ...nothing,
      foreign: ['ConfigMap ns/config belongs to Helm release'],
    })
    expect(planned([config], [stored(config, { ownerReferences: [], labels: {} })]).foreign).toEqual([
      'ConfigMap ns/config belongs to another manager',
    ])
  })

  test('adopts an object that a ChatApp of the same name has left behind', () => {
    expect(planned([config], [stored(config, { ownerReferences: [] })]).actions).toEqual([
      'update ConfigMap config: metadata.ownerReferences["u-chat"] was changed',
    ])
  })

  test('waits for an object of a deleted ChatApp of the same name, and for one that is being deleted', () => {
    const former = stored(config, { ownerReferences: [{ ...ownerReference, uid: 'u-before' }] })
    expect(planned([config], [former])).toEqual({ ...nothing, leaving: ['ConfigMap ns/config'] })
    const going = stored(config, { deletionTimestamp: '2026-01-01T00:00:00Z' })
    expect(planned([config], [going])).toEqual({ ...nothing, leaving: ['ConfigMap ns/config'] })
  })

  test('neither writes nor deletes an object that is held', () => {
    const isHeld = (object: KubeObject) => object.metadata.name === 'config'
    expect(planned([config], [], isHeld)).toEqual(nothing)
    expect(planned([config], [stored(config, {}, { data: {} })], isHeld)).toEqual(nothing)
  })

  test('deletes the former migration before it creates the next one', () => {
    const former = desiredObject('migrate-1', {}, 'Job')
    const next = desiredObject('migrate-2', {}, 'Job')
    expect(planned([next], [stored(former)]).actions).toEqual([
      'delete Job migrate-1: it is no longer desired',
      'create Job migrate-2: it does not exist',
    ])
  })

  test('writes records before it deletes the former migration', () => {
    const record = desiredObject('r1', { revision: 1 }, 'ControllerRevision')
    const former = desiredObject('migrate-1', {}, 'Job')
    const next = desiredObject('migrate-2', {}, 'Job')
    expect(planned([record, next], [stored(former)]).actions).toEqual([
      'create ControllerRevision r1: it does not exist',
      'delete Job migrate-1: it is no longer desired',
      'create Job migrate-2: it does not exist',
    ])
  })

  test('deletes a record that a ChatApp of the same name has left behind and that is not kept', () => {
    const revision = stored(desiredObject('r1', { revision: 1 }, 'ControllerRevision'), { ownerReferences: [] })
    expect(planned([], [revision]).actions).toEqual(['delete ControllerRevision r1: it is no longer desired'])
  })

  test('keeps an object that is not desired and still needed', () => {
    const { actions } = plan({
      owner,
      desired: [],
      observed: [stored(config)],
      isHeld: () => false,
      isKept: () => true,
    })
    expect(actions).toEqual([])
  })
})
