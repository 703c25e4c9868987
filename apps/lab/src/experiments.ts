import type { Experiment } from './experiment.ts'
import { backlog } from './experiments/backlog.ts'
import { connection } from './experiments/connection.ts'
import { datagram } from './experiments/datagram.ts'
import { descriptor } from './experiments/descriptor.ts'
import { dontRoute } from './experiments/dont-route.ts'
import { dontWait } from './experiments/dont-wait.ts'
import { endOfRecord } from './experiments/end-of-record.ts'
import { outOfBand } from './experiments/out-of-band.ts'
import { pass } from './experiments/pass.ts'
import { peek } from './experiments/peek.ts'
import { select } from './experiments/select.ts'
import { shutdown } from './experiments/shutdown.ts'
import { stream } from './experiments/stream.ts'
import { truncate } from './experiments/truncate.ts'
import { waitAll } from './experiments/wait-all.ts'

/** What can be played; each has a command of its name. */
export const experiments: readonly Experiment[] = [
  connection,
  datagram,
  stream,
  peek,
  waitAll,
  outOfBand,
  truncate,
  dontWait,
  dontRoute,
  endOfRecord,
  shutdown,
  descriptor,
  select,
  backlog,
  pass,
]
