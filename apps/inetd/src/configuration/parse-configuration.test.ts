import {
  array,
  assert,
  constantFrom,
  oneof,
  property,
  string,
  stringMatching,
  tuple,
} from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseConfiguration, splitLines } from './parse-configuration.ts'

const read = (text: string) => parseConfiguration(text, 'inetd.conf')

function only(text: string) {
  const { entries, errors } = read(text)
  expect(errors.map(({ message }) => message)).toEqual([])
  expect(entries).toHaveLength(1)
  return entries[0]
}

function messages(text: string): string[] {
  return read(text).errors.map(({ message }) => message)
}

describe('the lines', () => {
  it('go on where the next one begins with a space or a tab', () => {
    expect(splitLines('a b\n\tc d\n e\nf\r\n')).toEqual([
      { line: 1, fields: ['a', 'b', 'c', 'd', 'e'] },
      { line: 4, fields: ['f'] },
    ])
  })

  it('are no entries when they are comments or empty, and end the entry before', () => {
    expect(splitLines('# a\n\n  # b\n c d\n#\n\te\n')).toEqual([
      { line: 4, fields: ['c', 'd'] },
      { line: 6, fields: ['e'] },
    ])
  })

  it('hold words with spaces in quotes', () => {
    expect(splitLines(`sh -c 'cat; echo "x"' "" "open`)[0]?.fields).toEqual([
      'sh',
      '-c',
      'cat; echo "x"',
      '',
      'open',
    ])
  })
})

describe('an entry', () => {
  it('has seven fields', () => {
    expect(only('ftp\tstream tcp nowait root /usr/sbin/tcpd /usr/sbin/in.ftpd -l')).toMatchObject({
      line: 1,
      written: 'ftp',
      addresses: [],
      service: 'ftp',
      protocol: 'tcp',
      transport: 'tcp',
      family: undefined,
      wait: false,
      user: 'root',
      group: undefined,
      program: '/usr/sbin/tcpd',
      programArguments: ['/usr/sbin/in.ftpd', '-l'],
    })
  })

  it.each([
    ['127.0.0.1:echo', ['127.0.0.1'], 'echo'],
    ['[::1]:7', ['::1'], '7'],
    ['::1:7', ['::1'], '7'],
    ['[::1],127.0.0.1,localhost:7', ['::1', '127.0.0.1', 'localhost'], '7'],
    ['fe80::1%eth0:7', ['fe80::1%eth0'], '7'],
    ['*:echo', [], 'echo'],
    ['netbios-ssn', [], 'netbios-ssn'],
  ])('listens where %s says', (name, addresses, service) => {
    expect(only(`${name} stream tcp nowait root internal`)).toMatchObject({ addresses, service })
  })

  it('listens at the addresses of a line before it that holds nothing else', () => {
    const text =
      '127.0.0.1:\na stream tcp nowait r internal\n*:b stream tcp nowait r internal\n*:\n'
    const { entries } = read(`${text}c stream tcp nowait r internal\n`)
    expect(entries.map(({ addresses }) => addresses)).toEqual([['127.0.0.1'], [], []])
  })

  it.each([
    ['tcp', undefined],
    ['tcp46', undefined],
    ['tcp4', 4],
    ['tcp6', 6],
    ['tcp6only', 6],
  ])('over %s is of the family %s', (protocol, family) => {
    expect(only(`a stream ${protocol} nowait root internal`)).toMatchObject({ family })
  })

  it.each([
    ['nowait', { perMinute: undefined, children: undefined, childrenPerAddress: undefined }],
    ['nowait.40', { perMinute: 40, children: undefined, childrenPerAddress: undefined }],
    ['nowait/5', { perMinute: undefined, children: 5, childrenPerAddress: undefined }],
    ['nowait/5/30/2', { perMinute: 30, children: 5, childrenPerAddress: 2 }],
    ['nowait.40/0', { perMinute: 40, children: undefined, childrenPerAddress: undefined }],
    ['wait.10', { perMinute: 10, children: undefined, childrenPerAddress: undefined }],
  ])('with %s is limited so', (waiting, limits) => {
    expect(only(`a stream tcp ${waiting} root internal`)?.limits).toEqual(limits)
  })

  it.each([
    ['root', 'root', undefined],
    ['www-data:www', 'www-data', 'www'],
    ['www.data', 'www', 'data'],
    ['-', '-', undefined],
  ])('runs as %s', (words, user, group) => {
    expect(only(`a stream tcp nowait ${words} internal`)).toMatchObject({ user, group })
  })

  it('without arguments gets the name of its program as argv[0]', () => {
    expect(only('a stream tcp nowait root /bin/cat')?.programArguments).toEqual(['cat'])
  })
})

describe('a line that cannot be served', () => {
  it.each([
    ['ec/ho stream tcp nowait root internal', 'service name ec/ho'],
    ['rstatd/1-3 dgram rpc/udp wait root /usr/sbin/rstatd', 'service name rstatd/1-3'],
    ['tcpmux/+date stream tcp nowait root /bin/date', 'service name tcpmux/+date'],
    ['70000 stream tcp nowait root internal', 'service name 70000'],
    ['a b:echo stream tcp nowait root internal', 'socket type b:echo'],
    ['/run/x.sock stream unix nowait root internal', 'service name /run/x.sock'],
    ['<x>:echo stream tcp nowait root internal', 'service name <x>:echo'],
    ['127.0.0.1: stream tcp nowait root internal', 'service name 127.0.0.1:'],
    ['echo', 'socket type: must be stream or dgram'],
    ['echo raw tcp nowait root internal', 'socket type raw'],
    ['echo stream', 'protocol: must be'],
    ['echo stream udp nowait root internal', 'protocol udp: stream requires tcp'],
    ['echo stream toString nowait root internal', 'protocol toString'],
    ['echo stream tcp,rcvbuf=64k nowait root internal', 'protocol tcp,rcvbuf=64k'],
    [
      '127.0.0.1:echo stream tcp6 nowait root internal',
      'protocol tcp6: 127.0.0.1 is not an IPv6 address',
    ],
    ['echo stream tcp maybe root internal', 'wait/nowait maybe'],
    ['echo stream tcp nowait.x root internal', 'wait/nowait nowait.x'],
    ['tftp dgram udp nowait root /usr/sbin/in.tftpd', 'wait/nowait nowait'],
    ['echo stream tcp nowait', 'user: must be'],
    ['echo stream tcp nowait a:b:c internal', 'user a:b:c'],
    ['echo stream tcp nowait root', 'server program: required'],
    ['echo stream tcp nowait root cat', 'server program cat: must be a path'],
    ['echo stream tcp nowait root /bin/cat cat \u0000', 'server program arguments \u0000'],
  ])('is told with file, line and field: %s', (line, expected) => {
    expect(messages(`# first\n${line}\n`)[0]).toContain(`inetd.conf:2: ${expected}`)
  })

  it('leaves the others', () => {
    const { entries, errors } = read('bad\na stream tcp nowait root internal\nworse dgram tcp\n')
    expect(entries.map(({ line }) => line)).toEqual([2])
    expect(errors.map(({ line, service }) => [line, service])).toEqual([
      [1, 'bad'],
      [3, 'worse'],
    ])
  })
})

/** As they stand on machines: comments of packages, wrappers, what is switched off, what only BSD has. */
const FROM_MACHINES = `# /etc/inetd.conf:  see inetd(8) for further informations.
#
# <service_name> <sock_type> <proto> <flags> <user> <server_path> <args>
#
#:INTERNAL: Internal services
#discard\t\tstream\ttcp6\tnowait\troot\tinternal
daytime\t\tstream\ttcp6\tnowait\troot\tinternal
time\t\tdgram\tudp\twait\troot\tinternal

#:STANDARD: These are standard services.
telnet\t\tstream\ttcp\tnowait\ttelnetd\t/usr/sbin/tcpd\t/usr/sbin/in.telnetd
#<off># ftp\tstream\ttcp\tnowait\troot\t/usr/sbin/tcpd\t/usr/sbin/in.ftpd
#:BSD: Shell, login, exec and talk are BSD protocols.
talk\t\tdgram\tudp\twait\tnobody.tty\t/usr/sbin/in.talkd\tin.talkd
#:BOOT: TFTP service is provided primarily for booting.
tftp\t\tdgram\tudp4\twait.100\troot\t/usr/sbin/in.tftpd
\tin.tftpd --tftpd-timeout 300
\t/srv/tftp
#:MAIL: mail, news and uucp services.
127.0.0.1:nntp\tstream\ttcp\tnowait/50/30/5\tnews:news\t/usr/sbin/leafnode leafnode
git stream tcp nowait gitd /usr/bin/git git "daemon" --inetd '--base-path=/srv/my repositories'
#:RPC: RPC based services
rstatd/1-3\tdgram\trpc/udp\twait\troot\t/usr/sbin/rpc.rstatd\trpc.rstatd
`

it('a file as it stands on machines is read, but for what is not served here', () => {
  const { entries, errors } = read(FROM_MACHINES)
  expect(entries.map(({ line, service, program }) => [line, service, program])).toEqual([
    [7, 'daytime', 'internal'],
    [8, 'time', 'internal'],
    [11, 'telnet', '/usr/sbin/tcpd'],
    [14, 'talk', '/usr/sbin/in.talkd'],
    [16, 'tftp', '/usr/sbin/in.tftpd'],
    [20, 'nntp', '/usr/sbin/leafnode'],
    [21, 'git', '/usr/bin/git'],
  ])
  expect(entries[4]?.programArguments).toEqual(['in.tftpd', '--tftpd-timeout', '300', '/srv/tftp'])
  expect(entries[6]?.programArguments.slice(-1)).toEqual(['--base-path=/srv/my repositories'])
  expect(errors.map(({ line, field }) => [line, field])).toEqual([[23, 'service name']])
})

describe('any text', () => {
  const word = oneof(
    constantFrom('echo', '127.0.0.1:7', '*:', 'stream', 'dgram', 'tcp', 'udp6', 'wait', 'nowait'),
    constantFrom('nowait.5', 'wait/2/3/4', 'root', 'a.b', '-', 'internal', '/bin/cat', '"', '#'),
    string({ unit: 'binary', maxLength: 12 }),
  )
  const gap = constantFrom(' ', '\t', '\n', '\n ', '\r\n', '\n#')
  const text = array(tuple(word, gap), { maxLength: 60 }).map((pairs) => pairs.flat().join(''))

  it('gives entries or errors, one for each, and throws nothing', () => {
    assert(
      property(oneof(text, string({ unit: 'binary', maxLength: 400 })), (given) => {
        const { entries, errors } = read(given)
        const lines = [...entries, ...errors].map(({ line }) => line)
        expect(new Set(lines).size).toBe(lines.length)
        expect(lines.length).toBeLessThanOrEqual(splitLines(given).length)
      }),
      { numRuns: 5_000 },
    )
  })

  it('of a whole entry is read as it was meant', () => {
    const name = stringMatching(/^[a-z][a-z0-9-]{0,12}$/)
    assert(
      property(
        name,
        name,
        array(stringMatching(/^[^\s'"\p{Cc}]{1,9}$/u)),
        (service, user, words) => {
          const line = [service, 'stream', 'tcp', 'nowait', user, '/bin/x', ...words].join('\t')
          const entry = only(`${line}\n`)
          expect([entry?.service, entry?.user]).toEqual([service, user])
          expect(entry?.programArguments).toEqual(words.length === 0 ? ['x'] : words)
        },
      ),
    )
  })
})
