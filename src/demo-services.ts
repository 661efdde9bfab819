import { join } from 'node:path'
import { type DemoServiceSettings, demoServiceFile } from './demo-service-file.ts'
import type { Deps } from './deps.ts'
import { clientSecretOf, contractService, issuerOf } from './features/services/index.ts'
import type { SystemActor } from './kernel/actor.ts'
import { writeWhole } from './platform/whole-file.ts'

const code = 'demo'

/**
 * The demo's service with single sign-on (G-04): its tile, a contract for each company of the demo, and the file by which the
 * demo service knows itself. Where it runs is where the contracts say, also after a change of its port.
 */
export const ensureDemoService = async (
  deps: Deps,
  actor: SystemActor,
  contractNumbers: string[],
): Promise<void> => {
  const { db, settings } = deps
  const origin = `http://localhost:${settings.servicePort}`
  await db.portalService.upsert({
    where: { code },
    update: {},
    create: {
      code,
      sort: 50,
      nameJa: '資金管理サービス（デモ）',
      nameEn: 'Cash management (demo)',
      textJa: '別のシステムへ、もう一度ログインせずに入ります。',
      textEn: 'Another system, entered without another login.',
      href: `/services/${code}`,
      forWhom: 'everyone',
      singleSignOn: true,
      permissionService: 'statement',
      permissionCode: 'view',
    },
  })
  const companies = await db.company.findMany({ where: { contractNumber: { in: contractNumbers } } })
  const clients: DemoServiceSettings['clients'] = {}
  for (const { id: companyId, name, contractNumber } of companies) {
    const addresses = {
      loginUri: `${origin}/login?contract=${contractNumber}`,
      redirectUris: [`${origin}/callback`],
      postLogoutRedirectUris: [`${origin}/logged-out`],
      backchannelLogoutUri: `${origin}/backchannel-logout`,
    }
    const where = { companyId_serviceCode: { companyId, serviceCode: code } }
    const known = await db.serviceClient.findUnique({ where })
    if (known && known.loginUri !== addresses.loginUri)
      await db.serviceClient.update({ where, data: addresses })
    if (!known) {
      const made = await contractService(deps, actor, { companyId, serviceCode: code, ...addresses })
      if (!made.ok) throw new Error(`The demo's service was refused to ${contractNumber}: ${made.reason}`)
    }
    const { clientId, sealedSecret } = await db.serviceClient.findUniqueOrThrow({ where })
    clients[contractNumber] = {
      company: name,
      clientId,
      clientSecret: clientSecretOf(deps, { clientId, sealedSecret }),
    }
  }
  const file: DemoServiceSettings = {
    issuer: issuerOf(deps),
    caFile: join(settings.dataDir, 'demo', 'ca.pem'),
    origin,
    port: settings.servicePort,
    host: settings.listenHost,
    clients,
  }
  await writeWhole(demoServiceFile(settings.dataDir), `${JSON.stringify(file, null, 2)}\n`, 0o600)
}
