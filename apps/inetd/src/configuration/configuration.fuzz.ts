import { ok, strictEqual } from 'node:assert/strict'

import { type FuzzTarget, textOf } from '@sockyard/testkit/fuzz'

import { define, type HostFacts, socketIdentity } from './definition.ts'
import { FieldError } from './entry.ts'
import { accountsIn, servicePortsIn } from './host-lookups.ts'
import { parseConfiguration, splitLines } from './parse-configuration.ts'

const root = { name: 'root', uid: 0, gid: 0, home: '/', shell: '/bin/sh' }

/** A host on which there is everything. */
const HOST: HostFacts = {
  portOf: () => 7,
  userOf: () => root,
  groupOf: () => 0,
  self: root,
  groups: [0],
  restrictsClients: false,
  resolvePath: (path) => path,
  programProblem: () => undefined,
  canWait: () => true,
}

/** Each entry is served or has exactly one error, in one line that names the place. */
function inetdConfiguration(input: Uint8Array): void {
  const text = textOf(input)
  const { entries, errors } = parseConfiguration(text, 'inetd.conf')
  const lines = splitLines(text)
  ok(entries.length + errors.length <= lines.length, 'one outcome an entry')
  for (const entry of entries) checkDefinition(() => define(entry, HOST))
  for (const { line, message } of errors)
    ok(line >= 1 && message.startsWith(`inetd.conf:${line}: `))
}

function checkDefinition(make: () => ReturnType<typeof define>): void {
  try {
    const definition = make()
    const { port, entry } = definition
    ok(Number.isInteger(port) && port >= 0 && port <= 65_535, `port ${port}`)
    ok(socketIdentity(definition) !== '')
    for (const value of Object.values(entry.limits))
      ok(value === undefined || (Number.isInteger(value) && value > 0), 'a limit')
  } catch (error) {
    if (!(error instanceof FieldError)) throw error
  }
}

/** services(5): a port that is found can be bound. */
function servicesFile(input: Uint8Array): void {
  const text = textOf(input)
  const portOf = servicePortsIn(text)
  for (const name of text.split(/[\s/#]+/))
    for (const transport of ['tcp', 'udp'] as const) {
      const port = portOf(name, transport)
      ok(
        port === undefined || (Number.isInteger(port) && port >= 1 && port <= 65_535),
        `${name} ${port}`,
      )
    }
}

/** passwd(5) and group(5): an account has numbers of its own line, and no malformed line grants root. */
function accountFiles(input: Uint8Array): void {
  const text = textOf(input)
  const { user, group } = accountsIn(text, text)
  for (const line of text.split('\n')) {
    const [name = '', , uid = ''] = line.split(':')
    const [account, gid] = [user(name), group(name)]
    for (const id of [account?.uid, account?.gid, gid])
      ok(id === undefined || (Number.isInteger(id) && id >= 0 && id < 0xffff_ffff), `${name} ${id}`)
    if (
      account?.uid === 0 &&
      text.split('\n').filter((each) => each.startsWith(`${name}:`)).length === 1
    )
      strictEqual(Number(uid), 0)
    if (account !== undefined) ok(account.home !== '' && account.shell !== '')
  }
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'inetd-conf',
    seeds: [
      'echo stream tcp nowait - internal\n7 dgram udp wait root internal echo\n',
      '127.0.0.1:\n[::1],localhost:3017 stream tcp6 nowait/20/60/2 nobody:nogroup /bin/cat cat -u\n',
      'x stream tcp nowait.60 - /bin/sh sh -c\n  "echo \'a b\'"\n# comment\n*:13 stream tcp46 wait - ./a\n',
    ],
    maximumBytes: 512,
    run: inetdConfiguration,
  },
  {
    name: 'services-file',
    seeds: [
      'ssh 22/tcp # remote\nntp\t123/udp time-server\n',
      'a 0/tcp\nb x/tcp\nc 70000/udp\nd /tcp\n',
    ],
    maximumBytes: 256,
    run: servicesFile,
  },
  {
    name: 'account-files',
    seeds: [
      'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/usr/sbin/nologin\n',
      'daemon:x:1:\nstaff:*:50:a,b\n+::::::\n',
    ],
    maximumBytes: 256,
    run: accountFiles,
  },
]
