import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { admin, enrolment, open, requirePolicies, staffDuring } from '../../../../src/platform/http/policy.ts'
import { routeTable } from '../../../../src/platform/http/route-table.ts'

const newApp = () => {
  const app = Fastify()
  requirePolicies(app, action => action === 'user:manage')
  return app
}
const answer = async () => 'answered'

describe('routes', () => {
  it('are listed with their policies, those of inner scopes too', async () => {
    const app = newApp()
    app.get('/', { config: { policy: open('portal'), screen: 'BLI001' } }, answer)
    await app.register(async inner => {
      inner.post('/users', { config: { policy: admin('user:manage') } }, answer)
      inner.get('/users', { config: { policy: admin('user:manage'), screen: 'BSRK001' } }, answer)
    })
    app.route({ method: ['GET'], url: '/enrolment', config: { policy: enrolment() }, handler: answer })
    app.get('/helpdesk/password', { config: { policy: staffDuring('password_change') } }, answer)
    await app.ready()
    expect(routeTable(app)).toEqual([
      'GET   /                   anyone, portal door            BLI001',
      'GET   /enrolment          enrolment',
      'GET   /helpdesk/password  staff, during password_change',
      'GET   /users              user who may user:manage       BSRK001',
      'POST  /users              user who may user:manage',
    ])
  })

  it('without a policy, or with an action nobody knows, do not boot', () => {
    expect(() => newApp().get('/open', answer)).toThrow('GET /open has no policy')
    expect(() => newApp().get('/odd', { config: { policy: admin('user:mange') } }, answer)).toThrow(
      'there is no action "user:mange"',
    )
  })
})
