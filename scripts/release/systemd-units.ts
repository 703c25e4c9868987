import type { apps } from '@sockyard/catalog'

/** Below it a port is for root, and for CAP_NET_BIND_SERVICE (capabilities(7)). */
const FIRST_UNPRIVILEGED_PORT = 1024

/**
 * The unit of every service, systemd.unit(5): `systemctl start sockyard@tcp-echo`. Left open are what a service on the
 * network needs, and three more: V8 writes the code that it runs (MemoryDenyWriteExecute=), the counters of the kernel
 * are in /proc/net (ProcSubset=), and inetd(8) starts programs.
 */
const TEMPLATE = `[Unit]
Description=Sockyard: %i
Documentation=man:sockyard-%i(1)
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
ExecStart=sockyard %i
# Options, one a line: SOCKYARD_PORT=3111
EnvironmentFile=-/etc/default/sockyard-%i
Environment=XDG_CACHE_HOME=%C/sockyard-%i
WatchdogSec=30s
Restart=on-failure
TimeoutStopSec=10s
LimitNOFILE=65536

DynamicUser=yes
User=sockyard-%i
CacheDirectory=sockyard-%i
StateDirectory=sockyard-%i
WorkingDirectory=%S/sockyard-%i
UMask=0077

CapabilityBoundingSet=
NoNewPrivileges=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes

LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`

/** For a service at a port that is for root: the capabilities of a user namespace do not count there. */
const PRIVILEGED_PORT = `[Service]
PrivateUsers=no
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
`

/**
 * The units of the services, by their paths below /usr/lib/systemd/system: a template, and a drop-in for each service
 * whose default port is for root.
 */
export function systemdUnits(services: typeof apps): Map<string, string> {
  const privileged = services.filter(({ endpoints }) =>
    endpoints.some(({ port }) => port < FIRST_UNPRIVILEGED_PORT),
  )
  return new Map([
    ['sockyard@.service', TEMPLATE],
    ...privileged.map(({ name }): [string, string] => [
      `sockyard@${name}.service.d/privileged-port.conf`,
      PRIVILEGED_PORT,
    ]),
  ])
}
