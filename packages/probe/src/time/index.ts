export { QueryTotals, askRepeatedly } from './query.ts'
