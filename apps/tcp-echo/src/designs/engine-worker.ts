import process from 'node:process'

import type { Epoll } from '@sockyard/posix/epoll'
import { type Accepted, NativeSocket } from '@sockyard/posix/native-socket'
import { receiveDescriptors } from '@sockyard/posix/pass-descriptor'
import { limitLog, type LogTarget } from '@sockyard/service/limited-log'
import { LocalPeerTally } from '@sockyard/service/peer-tally'

import type { EngineParts } from '../epoll/echo-engine.ts'
import { EngineCounts } from '../epoll/engine-counts.ts'
import { startEngineHere } from '../epoll/engine-here.ts'
import { Gate } from '../epoll/gate.ts'
import { internetAddress } from '../epoll/listeners.ts'
import type { GuardedTally } from '../epoll/shared-peer-tally.ts'
import { decodeVisitor, type EngineRules, SOCKET_DESCRIPTOR } from './messages.ts'
import { obey, reportCounts, tell } from './tell-parent.ts'

/** The parent counts who is in: it hears of everybody who leaves. */
class ToldTally extends LocalPeerTally implements GuardedTally {
  override leave(peer: string): void {
    super.leave(peer)
    tell({ kind: 'left', peer })
  }

  exclusively<Result>(action: () => Result): Result {
    return action()
  }
}

/** Room for the longest address and a port. */
const name = new Uint8Array(128)

/** The next connection that the parent has passed. */
function receiveConnection(channel: NativeSocket): Accepted | undefined {
  const passed = receiveDescriptors(channel, name)
  const [descriptor, ...others] = passed?.descriptors ?? []
  for (const other of others) other.close()
  if (descriptor === undefined) return undefined
  // A peer that has gone meanwhile has no address any more, and is to be counted all the same.
  const { address, port } = decodeVisitor(name.subarray(0, passed?.length))
  const from = internetAddress(address, port)
  return { socket: NativeSocket.adopt(descriptor.release()), from }
}

function channelParts(log: LogTarget): EngineParts {
  const channel = NativeSocket.adopt(SOCKET_DESCRIPTOR)
  return {
    tally: new ToldTally(),
    entrance: (epoll: Epoll) => new Gate(channel, epoll, limitLog(log), receiveConnection),
  }
}

function logTarget(isInfoLogged: boolean): LogTarget {
  return {
    debug: teller('debug'),
    info: teller('info'),
    warn: teller('warn'),
    error: teller('error'),
    isLevelEnabled: (level) => isInfoLogged || level === 'warn' || level === 'error',
  }
}

function teller(level: 'debug' | 'info' | 'warn' | 'error'): LogTarget['info'] {
  return (fields, message) => tell({ kind: 'line', level, fields, message })
}

const { entrance, ...rules } = JSON.parse(process.argv[2] ?? '') as EngineRules
const counts = new EngineCounts()
const log = logTarget(rules.isInfoLogged)
const engine = startEngineHere(
  {
    ...rules,
    listener: SOCKET_DESCRIPTOR,
    counts: counts.memory,
    arrivals: new BigInt64Array(new SharedArrayBuffer(8)),
    tally: undefined,
  },
  log,
  entrance === 'channel' ? channelParts(log) : {},
)
const finish = reportCounts(process, counts)
obey(process, (order) => (order === 'stop' ? engine.stop() : engine.end()))
tell({ kind: 'ready' })
await engine.ended
finish()
