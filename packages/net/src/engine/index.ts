export { type Engine, type EngineChoice, chooseEngine } from './choose-engine.ts'
