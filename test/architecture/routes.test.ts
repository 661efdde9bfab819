import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { read, root } from './source.ts'

/** What `npm run routes` prints, which needs neither database nor ports. */
const printed = () =>
  execFileSync(process.execPath, ['src/main.ts', 'routes'], { cwd: root, encoding: 'utf8' })

describe('routes', () => {
  it('have the policies that were reviewed (house rule 1); after a review: npm run -s routes > test/architecture/routes.txt', () => {
    expect(printed().trim().split('\n')).toEqual(read('test/architecture/routes.txt').trim().split('\n'))
  })
})
