/**
 * What mutual TLS of the program's own front is measured beside: Node's HTTPS server with nothing of ours, which asks for
 * a certificate and answers with a page of the size given. `node mutual-tls.ts PORT KEY_FILE CERT_FILE CAS_FILE BYTES`.
 */
import { constants } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

const [port, keyFile = '', certFile = '', casFile = '', bytes] = process.argv.slice(2)
const page = Buffer.alloc(Number(bytes), 'x')
createServer(
  {
    ...{ key: readFileSync(keyFile), cert: readFileSync(certFile), ca: readFileSync(casFile) },
    ...{ requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' },
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  },
  (_request, response) => response.setHeader('content-type', 'text/html').end(page),
).listen(Number(port), '127.0.0.1')
process.once('SIGINT', () => process.exit())
