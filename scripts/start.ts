// `npm start`: the whole topology as processes of this host, one prefixed line stream.
import { type MemberProcess, ready, startMember } from './member-process.ts'
import { type Member, topology, topologyTable } from './topology.ts'

const running = new Map<string, MemberProcess>()
const stopping = new AbortController()
const nameWidth = Math.max(...topology.map(({ name }) => name.length))

function print(name: string, line: string): void {
  process.stdout.write(`${name.padEnd(nameWidth)} | ${line}\n`)
}

/** A member that ends before the others were asked to ends the whole topology. */
async function watch({ exited }: MemberProcess): Promise<void> {
  const { name, code } = await exited
  running.delete(name)
  if (stopping.signal.aborted) return
  print(name, `ended with exit code ${code}: stopping the others`)
  process.exitCode = 1
  stopAll()
}

async function start(member: Member, started: Map<string, Promise<void>>): Promise<void> {
  for (const name of member.after ?? []) await started.get(name)
  if (stopping.signal.aborted) return
  const memberProcess = startMember(member, (line) => print(member.name, line))
  running.set(member.name, memberProcess)
  void watch(memberProcess)
  await ready(member, memberProcess, stopping.signal)
}

/** Ctrl-C can arrive several times at once (from the terminal and from npm): it stops all, once. */
function stopAll(): void {
  if (stopping.signal.aborted) return
  stopping.abort()
  for (const { child } of running.values()) child.kill('SIGTERM')
}

// Nobody reads any more (`npm start | head`).
process.stdout.on('error', stopAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stopAll)
process.stdout.write(`${topologyTable(topology)}\n\n`)

const started = new Map<string, Promise<void>>()
for (const member of topology) started.set(member.name, start(member, started))
await Promise.all(started.values())
if (!stopping.signal.aborted) print('yard', 'all ready; Ctrl-C stops it')
