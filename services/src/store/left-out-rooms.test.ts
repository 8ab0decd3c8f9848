import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LeftOutRooms } from './left-out-rooms.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const locked = (rooms: Record<number, number>) => new Map(Object.entries(rooms).map(([id, seq]) => [Number(id), seq]))

test('a room whose last event changes is waited for once, and the others are held meanwhile', () => {
  const rooms = new LeftOutRooms()
  expect([...rooms.note(locked({ 1: 10, 2: 20 }))]).toEqual([])
  expect([[...rooms.ids], rooms.takeBusy()]).toEqual([[1, 2], false])

  expect([...rooms.note(locked({ 1: 11, 2: 20 }))]).toEqual([2])
  expect([[...rooms.ids], rooms.takeBusy(), rooms.takeBusy()]).toEqual([[1], true, false])
})

test('a room whose last event stays the same is held after 200 ms', () => {
  const rooms = new LeftOutRooms()
  rooms.note(locked({ 1: 10 }))
  vi.advanceTimersByTime(200)
  expect([...rooms.note(locked({ 1: 10 }))]).toEqual([])
  vi.advanceTimersByTime(1)
  expect([...rooms.note(locked({ 1: 10 }))]).toEqual([1])
  expect(rooms.ids.size).toBe(0)
})

test('a room that was stored in between begins anew', () => {
  const rooms = new LeftOutRooms()
  rooms.note(locked({ 1: 10 }))
  rooms.note(locked({}))
  vi.advanceTimersByTime(300)
  expect([...rooms.note(locked({ 1: 12 }))]).toEqual([])
  expect([[...rooms.ids], rooms.takeBusy()]).toEqual([[1], false])
})
