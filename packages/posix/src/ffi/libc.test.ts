import { expect, it } from 'vitest'

import { lastErrno, loadKoffi, systemCall } from './libc.ts'

it('an error is the one of the call; its message is without the arguments', () => {
  expect(() => systemCall('int close(int)')(-1)).toThrow(
    expect.objectContaining({ message: 'close: EBADF', values: ['-1'] }),
  )
})

// One in some thousands of failed calls seemed to be EAGAIN, which V8's own calls had left while it compiled ours.
it('errno is read by a function that V8 need not compile', () => {
  expect(lastErrno).toBe(loadKoffi().errno)
})
