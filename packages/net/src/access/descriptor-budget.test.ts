import { NativeSocket } from '@sockyard/posix/socket'
import { describe, expect, it } from 'vitest'

import { DescriptorBudget } from './descriptor-budget.ts'

const budget = (limit: number, inUse: number, others: readonly number[] = []) =>
  new DescriptorBudget({ limit, open: [...Array(inUse).keys(), ...others] })

describe('the descriptors of a process', () => {
  it.each([
    [25, 25, 0],
    [26, 25, 1],
    [27, 25, 1],
    [28, 25, 2],
    [128, 25, 77],
    [1_024, 24, 872],
    [20_000, 25, 19_847],
    [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY],
  ])('of %d, with %d in use, leave %d for connections', (limit, inUse, room) => {
    expect(budget(limit, inUse).connections).toBe(room)
  })

  it('are counted where they are: one that was passed to the process may be in the reserve', () => {
    expect(budget(128, 25, [120]).connections).toBe(128 - 26 - 25)
  })

  it('keep a part of the reserve for rejections, one for the admin endpoint, one for files', () => {
    expect(budget(128, 28).adminConnections).toBe(12)
    using socket = NativeSocket.open({ family: 'IPv4', type: 'stream' })
    // A quarter of the limit is reserved where nothing is open.
    const leastToServe = Math.ceil(((socket.descriptor + 1) * 4) / 3)
    const limits = [leastToServe, leastToServe - 1, socket.descriptor + 1]
    const budgets = limits.map((limit) => budget(limit, 0))
    expect(budgets.map((each) => each.admits(socket))).toEqual([true, false, false])
    expect(budgets.map((each) => each.hasRoomForRejection(socket))).toEqual([true, true, false])
  })
})
