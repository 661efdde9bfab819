import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findPrerequisites, missingPackages } from '../../../scripts/prerequisites.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'sekisho-prerequisites-'))
})
afterEach(() => rmSync(base, { recursive: true }))

const program = (folder: string, name: string, mode = 0o755) => {
  mkdirSync(join(base, folder), { recursive: true })
  const path = join(base, folder, name)
  writeFileSync(path, '', { mode })
  return path
}

describe('what the tests need', () => {
  it('is all missing on an empty PATH, and named by package once each', () => {
    const found = findPrerequisites({ PATH: '' }, [])
    expect(found).toEqual({})
    expect(missingPackages(found)).toEqual([
      'chromium',
      'libnss3-tools',
      'openssl',
      'nginx-light',
      'postgresql-client',
      'golang-cfssl',
      'gnutls-bin',
      'apache2-bin',
      'libapache2-mod-auth-openidc',
    ])
  })

  it('is found on the PATH before the usual places', () => {
    const first = program('path', 'google-chrome')
    program('usual', 'chromium')
    const openssl = program('usual', 'openssl')
    const found = findPrerequisites({ PATH: join(base, 'path') }, [join(base, 'usual')])
    expect(found).toEqual({ chromium: first, openssl })
    expect(missingPackages(found)).toEqual([
      'libnss3-tools',
      'nginx-light',
      'postgresql-client',
      'golang-cfssl',
      'gnutls-bin',
      'apache2-bin',
      'libapache2-mod-auth-openidc',
    ])
  })

  it('takes the browser that CHROMIUM names, unless it is not there', () => {
    const installed = program('usual', 'chromium')
    const named = program('own', 'my-browser')
    const places = [join(base, 'usual')]
    expect(findPrerequisites({ CHROMIUM: named }, places).chromium).toBe(named)
    expect(findPrerequisites({ CHROMIUM: join(base, 'gone') }, places).chromium).toBe(installed)
  })

  it("falls back to Playwright's own download", () => {
    const downloaded = program('cache', 'chrome')
    expect(findPrerequisites({}, [], downloaded).chromium).toBe(downloaded)
  })

  it('does not take a file that cannot be executed', () => {
    program('usual', 'certutil', 0o644)
    expect(findPrerequisites({}, [join(base, 'usual')])).toEqual({})
  })
})
