import { describe, expect, it } from 'vitest'
import { isServiceAddress } from '../../../../src/features/services/service.ts'

describe('an address of a service', () => {
  it('G-05 is over TLS in production, on the machine’s own loopback too', () => {
    for (const address of ['http://localhost:8026/login', 'http://127.0.0.1/told', 'http://[::1]:8026/']) {
      expect([address, isServiceAddress(address, false)]).toEqual([address, true])
      expect([address, isServiceAddress(address, true)]).toEqual([address, false])
    }
    expect(isServiceAddress('https://service.example/login', true)).toBe(true)
    expect(isServiceAddress('http://service.example/login', false)).toBe(false)
  })
})
