import { mkdtempSync, readdirSync, readFileSync, writeFileSync, cpSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { DaemonSet } from 'kubernetes-models/apps/v1'
import { Job } from 'kubernetes-models/batch/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { Secret, Service } from 'kubernetes-models/v1'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { kustomizeFiles, type Manifest, render } from './render.ts'
import { helm, kubectl } from './tools.ts'

const CHART = fileURLToPath(new URL('helm/sockyard', import.meta.url))
const KUSTOMIZE = fileURLToPath(new URL('kustomize', import.meta.url))

/** Names that YAML would take for something else, the longest that Helm allows, and values of each kind. */
const RELEASES: readonly (readonly [string, ...string[]])[] = [
  ['sockyard'],
  ['y'],
  ['1e3'],
  ['null'],
  ['x'.repeat(53)],
  [`${'a'.repeat(44)}-bcdefgh`],
  ['my-sockyard', '--set', 'hostAgents.enabled=true', '--set', 'networkPolicy.enabled=true'],
  ['keyed', '--set', 'key=0123456789abcdef', '--set', 'mesh.profile=full'],
  ['own', '--set', 'existingSecret=theirs', '--set-json', 'image.pullSecrets=[{"name":"a"}]'],
  [
    'on',
    '--set-json',
    'agents={"allow":["10.0.0.0/8","fd00::/8"],"nodeSelector":{"a":"true"},"tolerations":[{"operator":"Exists"}]}',
  ],
]

const MODELS = { DaemonSet, Job, NetworkPolicy, Secret, Service } as const

/** Throws with the path of what the API would refuse. */
function validate(manifest: Manifest): void {
  const Model = MODELS[manifest.kind as keyof typeof MODELS]
  expect(Model, `no schema for ${manifest.kind}`).toBeDefined()
  const model = new Model(manifest as never)
  model.validate()
}

interface Container {
  image: string
  args: string[]
  securityContext: object
  resources: { requests?: object; limits?: object }
}

interface PodSpec {
  hostNetwork?: boolean
  automountServiceAccountToken: boolean
  securityContext: object
  containers: Container[]
}

const podOf = (manifest: Manifest): PodSpec[] =>
  manifest.spec?.template === undefined ? [] : [manifest.spec.template.spec as PodSpec]

describe.each(RELEASES)('the chart as %s', (release, ...args) => {
  const manifests = render(release, ...args)

  it('passes helm lint, and the schemas of Kubernetes', () => {
    expect(helm('lint', CHART, '--strict', ...args)).toContain('0 chart(s) failed')
    for (const each of manifests) expect(() => validate(each)).not.toThrow()
  })

  it('has names of DNS labels, and labels that are text', () => {
    for (const { metadata } of manifests) {
      expect(metadata.name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/)
      for (const label of Object.values(metadata.labels)) expect(label).toBeTypeOf('string')
      expect(metadata.labels['app.kubernetes.io/instance']).toBe(release)
    }
    expect(new Set(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).size).toBe(
      manifests.length,
    )
  })

  it('asks for no role and no token, and its pods are restricted', () => {
    const kinds = manifests.map(({ kind }) => kind)
    for (const kind of ['Role', 'ClusterRole', 'ServiceAccount']) expect(kinds).not.toContain(kind)
    for (const pod of manifests.flatMap(podOf)) {
      expect(pod.automountServiceAccountToken).toBe(false)
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      for (const { securityContext, image, resources } of pod.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(image).toMatch(/:(?!latest$)./)
        expect(resources).toMatchObject({ requests: expect.anything(), limits: expect.anything() })
      }
    }
    const host = manifests.flatMap(podOf).filter(({ hostNetwork }) => hostNetwork === true)
    expect(host).toHaveLength(args.includes('hostAgents.enabled=true') ? 1 : 0)
  })
})

it('a run asks the agents by the name of their own headless service', () => {
  const manifests = render('y')
  const service = manifests.find(({ kind }) => kind === 'Service')
  const [pod] = manifests.filter(({ kind }) => kind === 'Job').flatMap(podOf)
  expect(service?.spec).toMatchObject({ clusterIP: 'None', ipFamilyPolicy: 'PreferDualStack' })
  expect(pod?.containers[0]?.args).toContain(`--dns=${service?.metadata.name}.network.svc`)
  const agents = manifests.find(({ kind }) => kind === 'DaemonSet')
  expect(service?.spec).toMatchObject({
    selector: { 'app.kubernetes.io/instance': 'y', 'sockyard/role': 'agent' },
  })
  expect(agents?.spec?.template?.metadata.labels).toMatchObject({
    'app.kubernetes.io/instance': 'y',
    'sockyard/role': 'agent',
  })
})

it.each([
  ['key=short', 'key'],
  ['image.tag=latest', 'tag'],
  ['mesh.profile=fast', 'profile'],
  ['agents.allow[0]=everywhere', 'allow'],
  ['nosuch=1', 'nosuch'],
])('a wrong value is refused: %s', (value, named) => {
  expect(() => render('y', '--set', value)).toThrow(named)
})

it('the version of the chart is that of the release', () => {
  const { version, appVersion } = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'))
  const root = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  expect({ version, appVersion }).toEqual({ version: root.version, appVersion: root.version })
})

describe('kustomize', () => {
  it('has what the chart has (node deploy/render.ts)', () => {
    for (const [file, text] of kustomizeFiles())
      expect(readFileSync(join(KUSTOMIZE, file), 'utf8')).toBe(text)
  })

  it('builds, with the key that its user made', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sockyard-kustomize-'))
    cpSync(KUSTOMIZE, folder, { recursive: true })
    expect(() => kubectl('kustomize', folder)).toThrow('mesh.key')
    writeFileSync(join(folder, 'mesh.key'), 'a key of at least sixteen bytes')
    const built = kubectl('kustomize', folder) + kubectl('kustomize', join(folder, 'mesh'))
    for (const kind of ['DaemonSet', 'Service', 'Secret', 'Namespace', 'Job'])
      expect(built).toContain(`kind: ${kind}`)
    expect(readdirSync(folder)).toContain('mesh')
  })
})
