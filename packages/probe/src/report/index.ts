export {
  formatBitRate,
  formatDuration,
  formatMicros,
  formatOffset,
  formatPercentiles,
  formatShare,
  formatCounts,
} from './format.ts'
export { commandReporter, createReporter, type Reporter, type Texts } from './reporter.ts'
