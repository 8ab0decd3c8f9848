import { describe, expect, test } from 'vitest'
import type { Change } from '../runtime/change.ts'
import type { KubeObject } from '../runtime/types.ts'
import { Store } from './store.ts'

function object(name: string, resourceVersion: string, uid = `uid-${name}`, owner = 'me'): KubeObject {
  return { apiVersion: 'v1', kind: 'Thing', metadata: { name, namespace: 'ns', uid, resourceVersion }, owner }
}

function summary(changes: readonly Change[]): string[] {
  return changes.map(
    ({ type, object: { metadata } }) => `${type} ${metadata.name} ${metadata.uid} @${metadata.resourceVersion}`,
  )
}

const byOwner = () => new Store({ owner: (each) => [String(each['owner'])] })

describe('a store', () => {
  test('reports an addition, a modification, and nothing for a known version', () => {
    const store = new Store()
    expect(summary(store.upsert(object('a', '1')))).toEqual(['added a uid-a @1'])
    expect(summary(store.upsert(object('a', '2')))).toEqual(['modified a uid-a @2'])
    expect(store.upsert(object('a', '2'))).toEqual([])
  })

  test('never goes back to an older version', () => {
    const store = new Store()
    store.upsert(object('a', '10'))
    expect(store.upsert(object('a', '9'))).toEqual([])
    expect(store.get('ns', 'a')?.metadata.resourceVersion).toBe('10')
  })

  test('reports an object that was created again as a deletion and an addition', () => {
    const store = new Store()
    store.upsert(object('a', '1', 'old'))
    expect(summary(store.upsert(object('a', '5', 'new')))).toEqual(['deleted a old @1', 'added a new @5'])
  })

  test('ignores the deletion of a predecessor', () => {
    const store = new Store()
    store.upsert(object('a', '5', 'new'))
    expect(store.remove(object('a', '4', 'old'))).toEqual([])
    expect(store.size).toBe(1)
  })

  test('does not store an answer that arrives after the deletion of its object', () => {
    const store = new Store()
    store.upsert(object('a', '1'))
    store.remove(object('a', '7'))
    expect(store.upsert(object('a', '6'))).toEqual([])
    expect(summary(store.upsert(object('a', '8', 'next')))).toEqual(['added a next @8'])
  })

  test('removes what is not in a list, except what was written after the list', () => {
    const store = new Store()
    store.upsert(object('gone', '1'))
    store.upsert(object('stays', '2'))
    store.upsert(object('written-later', '30'))
    const changes = store.replace([object('stays', '2'), object('new', '15')], '20', 'ns')
    expect(summary(changes)).toEqual(['deleted gone uid-gone @1', 'added new uid-new @15'])
    expect(store.all().map(({ metadata }) => metadata.name)).toEqual(['stays', 'written-later', 'new'])
  })

  test('keeps the objects of other namespaces when it takes a list of one', () => {
    const store = new Store()
    const elsewhere = object('a', '1', 'uid-elsewhere')
    elsewhere.metadata.namespace = 'other'
    store.upsert(elsewhere)
    store.upsert(object('a', '2'))
    expect(summary(store.replace([], '20', 'ns'))).toEqual(['deleted a uid-a @2'])
    expect(store.all()).toEqual([elsewhere])
  })

  test('finds objects by an index, after every change', () => {
    const store = byOwner()
    store.upsert(object('a', '1'))
    store.upsert(object('b', '2'))
    expect(store.by('owner', 'me')).toHaveLength(2)
    store.upsert(object('a', '3', 'uid-a', 'you'))
    expect(store.by('owner', 'me').map(({ metadata }) => metadata.name)).toEqual(['b'])
    expect(store.by('owner', 'you').map(({ metadata }) => metadata.name)).toEqual(['a'])
    store.remove(object('a', '4'))
    expect(store.by('owner', 'you')).toEqual([])
    expect(store.by('nothing', 'you')).toEqual([])
  })

  test('takes the later arrival where versions are not numbers', () => {
    const store = new Store()
    store.upsert(object('a', 'x9'))
    expect(summary(store.upsert(object('a', 'x1')))).toEqual(['modified a uid-a @x1'])
  })
})
