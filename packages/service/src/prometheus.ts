import { createRequire } from 'node:module'

import type * as client from '@prometheus-io/client'

export type { MetricObjectWithValues, MetricValueWithName } from '@prometheus-io/client'

/*
 * The parts of @prometheus-io/client that we use, one by one: as a whole it holds 5 MB more in each service,
 * because its push gateway loads HTTPS.
 */

const load = createRequire(import.meta.url)

export const Counter: typeof client.Counter = load('@prometheus-io/client/lib/counter')
export type Counter<Label extends string = string> = client.Counter<Label>

export const Gauge: typeof client.Gauge = load('@prometheus-io/client/lib/gauge')
export type Gauge<Label extends string = string> = client.Gauge<Label>

export const Histogram: typeof client.Histogram = load('@prometheus-io/client/lib/histogram')
export type Histogram<Label extends string = string> = client.Histogram<Label>

export const Registry: typeof client.Registry = load('@prometheus-io/client/lib/registry')
export type Registry = client.Registry

export const collectDefaultMetrics: typeof client.collectDefaultMetrics = load(
  '@prometheus-io/client/lib/defaultMetrics',
)
