import { expect, it } from 'vitest'

import { NativeSocket } from '../socket/native-socket.ts'
import { select } from './select.ts'

it('reports which descriptors are ready, and only those', () => {
  const [first, second] = NativeSocket.pair({ type: 'stream' })
  using _second = second
  const asked = { read: [first.descriptor, second.descriptor], write: [second.descriptor] }
  expect(select(asked, 0)).toEqual({ read: [], write: [second.descriptor], except: [] })
  first.send(Buffer.from('x'))
  expect(select(asked, 1_000)).toEqual({
    read: [second.descriptor],
    write: [second.descriptor],
    except: [],
  })
  first.close()
})

it('returns after its time when nothing is ready', () => {
  const [first, second] = NativeSocket.pair({ type: 'stream' })
  for (const millis of [20, 1.001])
    expect(select({ read: [first.descriptor] }, millis)).toEqual({
      read: [],
      write: [],
      except: [],
    })
  first.close()
  second.close()
})

it('refuses a descriptor that does not fit, and a closed one is EBADF', () => {
  expect(() => select({ read: [1_024] }, 0)).toThrow(
    'select takes descriptors below 1024, not 1024',
  )
  expect(() => select({ read: [-1] }, 0)).toThrow(RangeError)
  const [first, second] = NativeSocket.pair({ type: 'stream' })
  const { descriptor } = first
  first.close()
  using _second = second
  expect(() => select({ read: [descriptor] }, 0)).toThrow(/EBADF/)
})
