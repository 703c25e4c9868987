import { select } from '@sockyard/posix/select'

import type { LabSocket } from './lab-socket.ts'
import type { Lab } from './lab.ts'

type Sets = Partial<Record<'read' | 'write' | 'except', readonly LabSocket[]>>

/** select(2) on some sockets, told by their names; waits for one second at most. */
export function selectStep(lab: Lab, asked: Sets, why: string, timeoutMillis = 1_000): void {
  const { read = [], write = [], except = [] } = asked
  const words = [setText('read', read), setText('write', write), setText('except', except)]
  const call = {
    who: 'lab',
    call: 'select',
    arguments: [...words.filter((word) => word !== ''), `${timeoutMillis} ms`],
    why,
  }
  lab.step(call, () => {
    const found = select(
      { read: read.map(number), write: write.map(number), except: except.map(number) },
      timeoutMillis,
    )
    const ready = [
      setText(
        'read',
        read.filter((each) => found.read.includes(number(each))),
      ),
      setText(
        'write',
        write.filter((each) => found.write.includes(number(each))),
      ),
      setText(
        'except',
        except.filter((each) => found.except.includes(number(each))),
      ),
    ].filter((word) => word !== '')
    const count = found.read.length + found.write.length + found.except.length
    return { returned: count, got: ready.join(' ') }
  })
}

function number(socket: LabSocket): number {
  return socket.native.descriptor
}

/** `read {server, client}` */
function setText(name: string, sockets: readonly LabSocket[]): string {
  return sockets.length === 0 ? '' : `${name} {${sockets.map(({ who }) => who).join(', ')}}`
}
