import { fstatSync } from 'node:fs'

import { FCNTL, fileFunctions, FIONREAD, SEEK_CUR } from '@sockyard/posix/process'
import { NativeSocket } from '@sockyard/posix/socket'

import { LabSocket, quote } from '../lab-socket.ts'
import type { Experiment, Lab } from '../lab.ts'
import { tcpPair } from '../sockets.ts'

/** -1: chown(2) leaves it as it is. */
const UNCHANGED = 0xffff_ffff

export const descriptor: Experiment = {
  name: 'descriptor',
  summary: 'a socket is a descriptor: every function of files, called on one',
  play(lab) {
    const { client, server } = tcpPair(lab)
    readAndWrite(client, server)
    duplicates(lab, server)
    control(server)
    notForSockets(server)
    server.close('deallocates the socket, when this was its last descriptor')
    return 'read and write work, a file position does not exist; where POSIX leaves the result open, this is what Linux does.'
  },
}

function readAndWrite(client: LabSocket, server: LabSocket): void {
  const hello = Buffer.from('hello')
  client.call('write', [quote(hello), '5'], 'equivalent to send() without flags', () =>
    fileFunctions.write(client.native.descriptor, hello, hello.length),
  )
  const { native } = server
  server.call('ioctl', ['FIONREAD'], 'some commands work: so many bytes can be read', () => {
    const waiting = new Int32Array(1)
    const returned = fileFunctions.ioctl(native.descriptor, FIONREAD, waiting)
    return { returned, got: String(waiting[0]) }
  })
  server.call('read', ['100'], 'equivalent to recv() without flags', () => {
    const memory = new Uint8Array(100)
    const returned = fileFunctions.read(native.descriptor, memory, memory.length)
    return { returned, got: quote(memory.subarray(0, returned)) }
  })
}

function duplicates(lab: Lab, server: LabSocket): void {
  const { native } = server
  let number = -1
  server.call('dup', [], 'duplicates the file descriptor as normal', () => {
    number = fileFunctions.dup(native.descriptor)
    return number
  })
  const copy = new LabSocket(lab, 'copy', NativeSocket.adopt(number))
  server.call(
    'dup2',
    [String(number)],
    'the same, onto a number: what was there is closed first',
    () => fileFunctions.dup2(native.descriptor, copy.native.descriptor),
  )
}

function control(server: LabSocket): void {
  const fcntl = (name: keyof typeof FCNTL, value: number, why: string): number => {
    const words = name.startsWith('F_GET') ? [name] : [name, String(value)]
    return server.call('fcntl', words, why, () =>
      fileFunctions.fcntl(server.native.descriptor, FCNTL[name], value),
    )
  }
  const again = fcntl('F_DUPFD', 100, 'the lowest free number from 100 on')
  if (again >= 0) NativeSocket.adopt(again).close()
  fcntl('F_GETFD', 0, 'flags of the descriptor: 1 is FD_CLOEXEC, exec() closes it')
  fcntl('F_SETFD', 1, 'and it stays so')
  const flags = fcntl('F_GETFL', 0, 'flags of the open file: 2 is O_RDWR')
  fcntl('F_SETFL', flags | 0o4000, 'O_NONBLOCK: from now on no call waits')
  fcntl('F_GETOWN', 0, 'which process gets SIGURG and SIGIO: none yet')
  fcntl('F_SETOWN', 0, 'and none from now on')
}

function notForSockets(server: LabSocket): void {
  const at = (): number => server.native.descriptor
  server.call('fstat', [], 'some members mean something: it is a socket', () => ({
    returned: 0,
    got: fstatSync(at()).isSocket() ? 'S_ISSOCK' : 'another kind of file',
  }))
  server.call('lseek', ['0', 'SEEK_CUR'], 'a stream has no position', () =>
    fileFunctions.lseek(at(), 0, SEEK_CUR),
  )
  server.call('fchdir', [], 'a socket is not a directory', () => fileFunctions.fchdir(at()))
  server.call('ftruncate', ['0'], 'unspecified', () => fileFunctions.ftruncate(at(), 0))
  server.call('fsync', [], 'implementation defined: there is nothing to write to', () =>
    fileFunctions.fsync(at()),
  )
  server.call('fdatasync', [], 'the same', () => fileFunctions.fdatasync(at()))
  server.call('fchmod', ['0600'], 'unspecified; Linux keeps the mode, and ignores it', () =>
    fileFunctions.fchmod(at(), 0o600),
  )
  server.call('fchown', ['-1', '-1'], 'implementation defined', () =>
    fileFunctions.fchown(at(), UNCHANGED, UNCHANGED),
  )
}
