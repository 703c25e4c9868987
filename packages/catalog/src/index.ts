export { appDescription, apps, findApp, servicePorts } from './catalog.ts'
