import { closeSync, fstatSync, openSync } from 'node:fs'

import { expect, it } from 'vitest'

import { SystemCallError } from '../ffi/libc.ts'
import { ClosedDescriptorError, Descriptor } from './descriptor.ts'

const open = (): number => openSync('/dev/null', 'r')

it('closes its descriptor once, and has no number afterwards', () => {
  const number = open()
  const descriptor = new Descriptor(number)
  expect(descriptor.number).toBe(number)
  descriptor.close()
  expect(descriptor.closed).toBe(true)
  expect(() => fstatSync(number)).toThrow('EBADF')
  const another = open()
  descriptor.close()
  expect(fstatSync(another).isCharacterDevice()).toBe(true)
  expect(() => descriptor.number).toThrow(ClosedDescriptorError)
  closeSync(another)
})

it('a duplicate stays open when the first is closed', () => {
  using first = new Descriptor(open())
  using second = first.duplicate()
  first.close()
  expect(fstatSync(second.number).isCharacterDevice()).toBe(true)
})

it('a failed call is an error with the name of its errno', () => {
  const closed = open()
  closeSync(closed)
  const duplicate = (): Descriptor => new Descriptor(closed).duplicate()
  expect(duplicate).toThrow(SystemCallError)
  expect(duplicate).toThrow('fcntl: EBADF')
})
