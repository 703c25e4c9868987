import { describeWithDocker } from '@sockyard/testkit/docker'
import type { RunningApp } from '@sockyard/testkit/process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type RunningContainer, startPeers } from './support/container.ts'
import { startNetwork } from './support/network.ts'

const DAYTIME = /^[A-Z][a-z]+day, [A-Z][a-z]+ \d{1,2}, \d{4} \d\d:\d\d:\d\d-UTC\r\n$/

/** A client of UDP that ends with the first answer, or after 20 s. */
const ASK = `
  my ($port, $from, $say) = @ARGV;
  my $socket = IO::Socket::INET->new(
    Proto => "udp", PeerAddr => "127.0.0.1:$port", LocalPort => $from) or die $@;
  alarm 20;
  $socket->send($say);
  $socket->recv(my $answer, 65536);
  print $answer;`

describeWithDocker('services, as others start them', () => {
  const stack = new AsyncDisposableStack()
  let machine: RunningContainer
  /** What the syslog daemon has written: facility.priority name[pid]: message. */
  let messages: RunningApp

  beforeAll(async () => {
    const network = stack.use(await startNetwork())
    machine = stack.use(await startPeers({ network, image: 'sockyard/manager-peers' }))
    await machine.run('rsyslogd')
    messages = stack.use(machine.exec('tail', '--lines=+1', '--retry', '-f', '/var/log/messages'))
  })
  afterAll(() => stack.disposeAsync())

  const shell = (command: string): Promise<string> => machine.run('sh', '-c', command)
  const tcp = (port: number, say = ''): Promise<string> =>
    shell(`printf '${say}' | socat -t 10 - TCP4:127.0.0.1:${port}`)
  /** A datagram from a port, and the one that answers it. */
  const udp = (port: number, from: number, say = ''): Promise<string> =>
    machine.run('perl', '-MIO::Socket::INET', '-e', ASK, String(port), String(from), say)

  describe('--daemon', () => {
    it('is ready when the command ends, and tells syslogd of each client', async () => {
      const options = '--pid-file /run/daytime.pid --port 3013 --admin-port 9108'
      expect(await shell(`app daytime --daemon ${options} 2>&1`)).toBe('')
      expect(await shell('nc -p 40001 127.0.0.1 3013 < /dev/null')).toMatch(DAYTIME)
      const pid = (await shell('cat /run/daytime.pid')).trim()
      await messages.waitForText(
        new RegExp(`^daemon.info daytime\\[${pid}\\]: asked .* address=127.0.0.1 port=40001$`, 'm'),
      )
      expect(await shell('ss -Hltn sport = :3013 | wc -l')).toBe('1\n')
    })

    it('a second one complains on standard error before it detaches', async () => {
      const second = 'app daytime --daemon --port 3013 --admin-port 0 2>&1; echo $?'
      expect(await shell(second)).toBe('daytime: [::]:3013: the address is already in use\n1\n')
      expect(await shell('app daytime --daemon --port many 2>&1; echo $?')).toMatch(
        /^daytime: --port many: must be .*\n2\n$/,
      )
    })

    it('logs to the facility and with the priority of each line', async () => {
      const options = '--port 3112 --admin-port 0 --syslog-facility local3 --log-level debug'
      await shell(`app tcp-echo --daemon --pid-file /run/echo.pid ${options}`)
      expect(await tcp(3112, 'hello\\n')).toBe('hello\n')
      await messages.waitForText(/^local3\.info tcp-echo\[\d+\]: connected id=1 /m)
      await shell('kill $(cat /run/echo.pid)')
      await messages.waitForText(/^local3\.info tcp-echo\[\d+\]: stopped$/m)
      await shell('while test -e /run/echo.pid; do sleep 0.1; done')
    })

    it('ends at SIGTERM, with its pid file', async () => {
      const gone = 'while test -e /run/daytime.pid; do sleep 0.1; done'
      expect(await shell(`kill $(cat /run/daytime.pid); ${gone}`)).toBe('')
      await messages.waitForText(/^daemon\.info daytime\[\d+\]: stopped$/m)
    })
  })

  describe.each([
    [
      'openbsd-inetd',
      'inetd /etc/inetd.conf',
      { daytime: 13, time: 37, datagrams: 13, echo: 3333, client: 41_000 },
    ],
    [
      'xinetd',
      'xinetd -f /etc/xinetd.conf',
      { daytime: 4013, time: 4037, datagrams: 4013, echo: 4333, client: 42_000 },
    ],
  ])('--inetd, by %s', (_name, start, port) => {
    beforeAll(async () => {
      await shell(start)
    })

    it('daytime over TCP: the line and nothing else, one process a client', async () => {
      const answers = await Promise.all([tcp(port.daytime), tcp(port.daytime)])
      for (const answer of answers) expect(answer).toMatch(DAYTIME)
    })

    it('time over TCP: four bytes, and they are right', async () => {
      const digits = await shell(`nc 127.0.0.1 ${port.time} < /dev/null | od -An -tu4 --endian=big`)
      const seconds = Number(digits) - 2_208_988_800
      expect(Math.abs(seconds - Date.now() / 1_000)).toBeLessThan(60)
    })

    it('daytime over UDP: one process for several clients, and a new one when it has ended', async () => {
      expect(await udp(port.datagrams, port.client + 1)).toMatch(DAYTIME)
      const first = await askedBy(port.client + 1)
      expect(await udp(port.datagrams, port.client + 2)).toMatch(DAYTIME)
      expect(await askedBy(port.client + 2)).toBe(first)
      await shell(`while test -e /proc/${first}; do sleep 0.1; done`)
      expect(await udp(port.datagrams, port.client + 3)).toMatch(DAYTIME)
      expect(await askedBy(port.client + 3)).not.toBe(first)
    })

    it('our own client compares the clocks', async () => {
      const query = 'app daytime query --count 2 --interval 100ms --wait 20s'
      const report = await shell(`${query} 127.0.0.1:${port.datagrams} --udp`)
      expect(report).toMatch(/^sent +2 +received +2 +lost +0 /m)
      expect(report).toMatch(/^offset [+-].* ± \d/m)
    })

    it('udp-echo (wait)', async () => {
      expect(await udp(port.echo, port.client + 4, 'hello')).toBe('hello')
    })
  })

  it('tcp-echo (stream wait) serves many, and inetd starts it again when it has ended', async () => {
    expect(await tcp(3111, 'one\\n')).toBe('one\n')
    expect(await tcp(3111, 'two\\n')).toBe('two\n')
    const pid = async (): Promise<string> =>
      (await shell('pgrep -f [a]pps/tcp-echo || true')).trim()
    const first = await pid()
    await shell(`while test -e /proc/${first}; do sleep 0.1; done`)
    expect(await tcp(3111, 'three\\n')).toBe('three\n')
    expect(await pid()).not.toBe(first)
  })

  it('a wrong option in inetd.conf is told to syslogd, and not to the client', async () => {
    expect(await tcp(3099)).toBe('')
    await messages.waitForText(/^daemon\.err daytime\[\d+\]: unknown option --nosuch/m)
  })

  describe('socket activation', () => {
    it('daytime finds its services by their names', async () => {
      const names = '--fdname=daytime:time'
      await using activated = activate('-l 127.0.0.1:5013 -l 127.0.0.1:5036', names, 'daytime')
      await activated.waitForText(/Listening on 127.0.0.1:5036/)
      expect(await tcp(5013)).toMatch(DAYTIME)
      expect(await shell('nc 127.0.0.1 5036 < /dev/null | wc -c')).toBe('4\n')
      await activated.waitForText(/"service":"time","transport":"tcp","address":"127.0.0.1"/)
    })

    it('daytime and udp-echo over UDP', async () => {
      await using daytime = activate('-l 127.0.0.1:5014', '--datagram', 'daytime')
      await using echo = activate('-l 127.0.0.1:5333', '--datagram', 'udp-echo')
      for (const each of [daytime, echo]) await each.waitForText(/Listening on/)
      expect(await udp(5014, 43_001)).toMatch(DAYTIME)
      expect(await udp(5333, 43_002, 'hello')).toBe('hello')
    })

    it('chat', async () => {
      await using activated = activate('-l 127.0.0.1:5020', '', 'chat')
      await activated.waitForText(/Listening on/)
      await using client = machine.exec('nc', '127.0.0.1', '5020')
      const [heard] = await client.waitForText(/welcome/)
      expect(heard).toBe('welcome')
      expect(await activated.listening()).toMatchObject({ transport: 'tcp', port: 5020 })
    })

    it.each([
      ['--accept', 'daytime', 5015],
      ['--accept --inetd', 'daytime --inetd', 5016],
    ])('one process a connection: %s', async (how, app, port) => {
      await using activated = activate(`-l 127.0.0.1:${port}`, how, app)
      await activated.waitForText(/Listening on/)
      const answers = await Promise.all([tcp(port), tcp(port)])
      for (const answer of answers) expect(answer).toMatch(DAYTIME)
    })

    it.each(['/run/notify.sock', '@sockyard'])('tells NOTIFY_SOCKET %s how it is', async (path) => {
      const listen = path.startsWith('@') ? `ABSTRACT-RECV:${path.slice(1)}` : `UNIX-RECV:${path}`
      await using manager = machine.exec('socat', '-u', listen, '-')
      const isThere = path.startsWith('@') ? `grep -q ${path} /proc/net/unix` : `test -S ${path}`
      await shell(`until ${isThere}; do sleep 0.1; done`)
      const ports = ['--port', '0', '--time-port', '0', '--admin-port', '0']
      await using service = machine.exec('env', `NOTIFY_SOCKET=${path}`, 'app', 'daytime', ...ports)
      await manager.waitForText(/READY=1/)
      expect(await service.listening('udp')).toMatchObject({ transport: 'udp' })
      await shell('kill $(pgrep -f "[a]pps/daytime.*--time-port 0")')
      await manager.waitForText(/STOPPING=1/)
    })
  })

  /** The process that has answered a datagram over UDP from this port, which is used once. */
  async function askedBy(from: number): Promise<string> {
    const line = `daytime\\[(\\d+)\\]: asked .*transport=udp address=127.0.0.1 port=${from}\n`
    return (await messages.waitForText(new RegExp(line)))[1] ?? ''
  }

  /** systemd-socket-activate(1), which waits for the first client. */
  function activate(listen: string, how: string, app: string): RunningApp {
    const program = `exec systemd-socket-activate ${listen} ${how} -E SOCKYARD_ADMIN_PORT=0 app ${app}`
    return machine.exec('sh', '-c', program)
  }
})
