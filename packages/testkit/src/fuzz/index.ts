export { bytesOf, type FuzzTarget, textOf } from './target.ts'
