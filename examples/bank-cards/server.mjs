import { run } from '../common/run.mjs'
import { createSite } from './site.mjs'

run(createSite)
