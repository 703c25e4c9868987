/**
 * SCTP over UDP beside usrsctp's own programs (Debian's libusrsctp-examples), in turns, on loopback:
 *   node bench/sctp.ts [MESSAGES] [ROUNDS]
 * Messages of 1,000 B one way (its `tsctp` and ours, all four pairs) and echoed (its `echo_server`
 * and ours, with our client), the median of the rounds, and processor time for each message.
 * Debian's tsctp writes a debug line for much of what it does; here to /dev/null, at a cost.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'

const PROGRAMS = '/usr/lib/usrsctp'
const TICKS_A_SECOND = 100
const [messages = 50_000, rounds = 3] = process.argv.slice(2).map(Number)

interface Result {
  seconds: number
  senderCpu: number
  receiverCpu: number
}

/** User and system time of a process, seconds (proc(5), fields 14 and 15); the last when it is gone. */
function cpuOf(child: ChildProcess): number | undefined {
  try {
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
  } catch {
    return undefined
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

const usrsctp = (name: string, ...args: (string | number)[]): ChildProcess =>
  spawn(`${PROGRAMS}/${name}`, args.map(String), { stdio: 'ignore' })

const ours = (...args: (string | number)[]): ChildProcess =>
  spawn(process.execPath, [`${import.meta.dirname}/sctp-peer.ts`, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })

/** Seconds a process took by its own report, or from its start to its end. */
async function finished(child: ChildProcess): Promise<{ seconds: number; cpu: number }> {
  const began = performance.now()
  let report = ''
  let cpu = 0
  child.stdout?.on('data', (bytes: Buffer) => {
    report += bytes.toString()
  })
  const watch = setInterval(() => {
    cpu = cpuOf(child) ?? cpu
  }, 20)
  await once(child, 'exit')
  clearInterval(watch)
  const own = report === '' ? undefined : (JSON.parse(report) as { seconds: number }).seconds
  return { seconds: own ?? (performance.now() - began) / 1000, cpu }
}

type Side = (udpPort: number, to: number, count: number) => ChildProcess

/** A server, a client that sends `count` messages to it, and what that took. */
async function measure(server: Side, client: Side, count: number): Promise<Result> {
  const [serverPort, clientPort] = [await freePort(), await freePort()]
  const receiver = server(serverPort, clientPort, count)
  await new Promise((resolve) => setTimeout(resolve, 700))
  const before = cpuOf(receiver) ?? 0
  const { seconds, cpu } = await finished(client(clientPort, serverPort, count))
  const receiverCpu = (cpuOf(receiver) ?? 0) - before
  receiver.kill('SIGKILL')
  return { seconds, senderCpu: cpu, receiverCpu }
}

const theirSink: Side = (udpPort, to) => usrsctp('tsctp', '-E', udpPort, '-U', to, '-p', 5001)
const theirSource: Side = (udpPort, to, count) =>
  usrsctp('tsctp', '-E', udpPort, '-U', to, '-p', 5001, '-D', '-l', 1000, '-n', count, '127.0.0.1')
const theirEcho: Side = (udpPort, to) => usrsctp('echo_server', udpPort, to)
const ourSink: Side = (udpPort) => ours('sink', udpPort)
const ourSource: Side = (udpPort, to, count) => ours('source', udpPort, to, count)
const ourEcho: Side = (udpPort) => ours('echo', udpPort)
const ourPing: Side = (udpPort, to, count) => ours('ping', udpPort, to, count)

/** tsctp ends long after its last message: what one message takes is taken off. */
async function measureTheirSource(server: Side): Promise<Result> {
  const whole = await measure(server, theirSource, messages)
  const one = await measure(server, theirSource, 1)
  return {
    seconds: whole.seconds - one.seconds,
    senderCpu: whole.senderCpu - one.senderCpu,
    receiverCpu: whole.receiverCpu - one.receiverCpu,
  }
}

const pairs: [string, () => Promise<Result>][] = [
  ['tsctp -> tsctp', () => measureTheirSource(theirSink)],
  ['ours -> ours', () => measure(ourSink, ourSource, messages)],
  ['tsctp -> ours', () => measureTheirSource(ourSink)],
  ['ours -> tsctp', () => measure(theirSink, ourSource, messages)],
  ['ours <-> echo_server', () => measure(theirEcho, ourPing, messages)],
  ['ours <-> our echo', () => measure(ourEcho, ourPing, messages)],
]

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

if (!existsSync(`${PROGRAMS}/tsctp`)) {
  process.stderr.write('usrsctp is missing: apt-get install libusrsctp-examples\n')
  process.exitCode = 1
} else {
  const results = new Map<string, Result[]>(pairs.map(([name]) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of pairs) results.get(name)?.push(await run())
  }
  process.stdout.write(`${messages} messages of 1,000 B, medians of ${rounds} rounds\n`)
  const rates = new Map<string, number>()
  for (const [name, all] of results) {
    const rate = median(all.map(({ seconds }) => messages / seconds))
    rates.set(name, rate)
    const [sender, receiver] = [
      median(all.map(({ senderCpu }) => (senderCpu / messages) * 1e6)),
      median(all.map(({ receiverCpu }) => (receiverCpu / messages) * 1e6)),
    ]
    const columns = [
      `${Math.round(rate)} messages/s`.padStart(20),
      `${(rate / 1000).toFixed(1)} MB/s`.padStart(12),
      `sender ${sender.toFixed(1)} us`.padStart(18),
      `receiver ${receiver.toFixed(1)} us`.padStart(20),
    ]
    process.stdout.write(`${name.padEnd(22)}${columns.join('')}\n`)
  }
  const ratio = (a: string, b: string) => ((rates.get(a) ?? 0) / (rates.get(b) ?? 1)).toFixed(2)
  process.stdout.write(`ours / tsctp: ${ratio('ours -> ours', 'tsctp -> tsctp')}, `)
  process.stdout.write(`echo: ${ratio('ours <-> our echo', 'ours <-> echo_server')}\n`)
}
