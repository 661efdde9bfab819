import { createCipheriv, createHmac, hash, pbkdf2Sync, randomBytes } from 'node:crypto'
import {
  bmpString,
  type Der,
  encode,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  setOf,
  tagged,
  taggedBytes,
} from './der.ts'

/** AES-256 for every system of today; Triple DES only for a company with older ones (C-12). */
export type Pkcs12Compatibility = 'aes256' | '3des'

export type Pkcs12Request = {
  /** PKCS#8 in DER. */
  privateKey: Uint8Array
  /** In DER, the holder's own first. */
  certificates: Uint8Array[]
  /** Printable ASCII: see `isPkcs12Password`. */
  password: string
  /** What a system's list of certificates calls this one. */
  friendlyName: string
  compatibility: Pkcs12Compatibility
}

/**
 * Whether `text` may protect a PKCS#12 file: printable ASCII, not empty. Anything else is encoded one way by
 * NSS, another by OpenSSL and a third by Windows, and the file then can't be opened (C-12).
 */
export const isPkcs12Password = (text: string): boolean => /^[\x20-\x7e]+$/.test(text)

// A stolen file can be tried offline: each guess is to cost this much, at each of the file's keys.
const ITERATIONS = 100_000

const DATA = '1.2.840.113549.1.7.1'
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2'
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3'
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1'
const FRIENDLY_NAME = '1.2.840.113549.1.9.20'
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21'

type Encrypted = { algorithm: Der; bytes: Buffer }

/** Encrypts one part of a file after another under its password. */
type Encrypting = (plain: Uint8Array) => Encrypted

/**
 * PBES2: PBKDF2 with HMAC-SHA-256, then AES-256-CBC (RFC 8018, 6.2). All parts share salt and key, each has an
 * initialization vector of its own: a second key would cost us its derivation, and whoever guesses nothing, since one
 * part suffices to test a guess.
 */
export const aes256Under = (password: string): Encrypting => {
  const salt = randomBytes(16)
  const key = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256')
  const hmacWithSha256 = sequence(oid('1.2.840.113549.2.9'), nothing())
  const keyDerivation = sequence(
    oid('1.2.840.113549.1.5.12'),
    sequence(octets(salt), integer(ITERATIONS), hmacWithSha256),
  )
  return plain => {
    const iv = randomBytes(16)
    const cipher = createCipheriv('aes-256-cbc', key, iv)
    const encryption = sequence(oid('2.16.840.1.101.3.4.1.42'), octets(iv))
    return {
      algorithm: sequence(oid('1.2.840.113549.1.5.13'), sequence(keyDerivation, encryption)),
      bytes: Buffer.concat([cipher.update(plain), cipher.final()]),
    }
  }
}

/**
 * pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, appendix C). A salt for each part: the initialization vector is derived
 * from it as the key is, and two parts must not share both.
 */
const tripleDesUnder =
  (password: string): Encrypting =>
  plain => {
    const salt = randomBytes(8)
    const derive = (purpose: 1 | 2, length: number) =>
      pkcs12Key({ hashed: 'sha1', purpose, password, salt, iterations: ITERATIONS, length })
    const cipher = createCipheriv('des-ede3-cbc', derive(1, 24), derive(2, 8))
    return {
      algorithm: sequence(oid('1.2.840.113549.1.12.1.3'), sequence(octets(salt), integer(ITERATIONS))),
      bytes: Buffer.concat([cipher.update(plain), cipher.final()]),
    }
  }

const repeatedToBlocks = (bytes: Buffer, blockLength: number): Buffer =>
  Buffer.alloc(blockLength * Math.ceil(bytes.length / blockLength), bytes)

/** Adds `block` + 1 to each block of `blocks`, as big-endian numbers that wrap around. */
const addToEachBlock = (blocks: Buffer, block: Buffer): void => {
  for (let start = 0; start < blocks.length; start += block.length) {
    let carry = 1
    for (let place = block.length - 1; place >= 0; place -= 1) {
      carry += (blocks[start + place] ?? 0) + (block[place] ?? 0)
      blocks[start + place] = carry & 0xff
      carry >>= 8
    }
  }
}

/**
 * PKCS#12's own key derivation (RFC 7292, appendix B.2). `purpose` is 1 for a key, 2 for an initialization
 * vector, 3 for a MAC key; `length` in bytes. It keeps its thread busy for some 30 ms a hash length.
 */
export const pkcs12Key = (from: {
  hashed: 'sha1' | 'sha256'
  purpose: 1 | 2 | 3
  password: string
  salt: Buffer
  iterations: number
  length: number
}): Buffer => {
  const blockLength = 64
  const encodedPassword = Buffer.from(`${from.password}\0`, 'utf16le').swap16()
  const purpose = Buffer.alloc(blockLength, from.purpose)
  const blocks = Buffer.concat([
    repeatedToBlocks(from.salt, blockLength),
    repeatedToBlocks(encodedPassword, blockLength),
  ])
  const key: Buffer[] = []
  for (let made = 0; made < from.length; ) {
    const digest = hash(from.hashed, Buffer.concat([purpose, blocks]), 'buffer')
    // Through a string back into one buffer: a fresh buffer a round would take three times as long.
    for (let round = 1; round < from.iterations; round += 1) {
      digest.write(hash(from.hashed, digest, 'binary'), 0, digest.length, 'latin1')
    }
    key.push(digest)
    made += digest.length
    addToEachBlock(blocks, Buffer.alloc(blockLength, digest))
  }
  return Buffer.concat(key).subarray(0, from.length)
}

const attributesOf = (request: Pkcs12Request): Der => {
  const [own] = request.certificates
  if (!own) throw new Error("A PKCS#12 file needs its holder's certificate.")
  // SHA-1 here only says which key belongs to which certificate.
  const localKeyId = hash('sha1', own, 'buffer')
  return setOf(
    sequence(oid(LOCAL_KEY_ID), setOf(octets(localKeyId))),
    sequence(oid(FRIENDLY_NAME), setOf(bmpString(request.friendlyName))),
  )
}

const certificateBags = (request: Pkcs12Request): Der =>
  sequence(
    ...request.certificates.map((certificate, place) =>
      sequence(
        oid(CERTIFICATE_BAG),
        tagged(0, sequence(oid(X509_CERTIFICATE), tagged(0, octets(certificate)))),
        ...(place === 0 ? [attributesOf(request)] : []),
      ),
    ),
  )

const macData = (content: Buffer, password: string, compatibility: Pkcs12Compatibility): Der => {
  const salt = randomBytes(16)
  const [hashed, length, algorithm] =
    compatibility === 'aes256'
      ? (['sha256', 32, '2.16.840.1.101.3.4.2.1'] as const)
      : (['sha1', 20, '1.3.14.3.2.26'] as const)
  const key = pkcs12Key({ hashed, purpose: 3, password, salt, iterations: ITERATIONS, length })
  const mac = createHmac(hashed, key).update(content).digest()
  return sequence(
    sequence(sequence(oid(algorithm), nothing()), octets(mac)),
    octets(salt),
    integer(ITERATIONS),
  )
}

/**
 * A PKCS#12 file (RFC 7292) with the key, its certificate and those above it, all of it encrypted and under one
 * password. It computes for some 100 ms: `pkcs12.ts` calls it in a thread of its own. Throws on a password that
 * `isPkcs12Password` refuses, and where there is no certificate.
 */
export const buildPkcs12 = (request: Pkcs12Request): Buffer => {
  const { password, compatibility } = request
  if (!isPkcs12Password(password)) throw new Error('The password of a PKCS#12 file is printable ASCII.')
  const encrypt = compatibility === 'aes256' ? aes256Under(password) : tripleDesUnder(password)

  const certificates = encrypt(encode(certificateBags(request)))
  const encryptedCertificates = sequence(
    oid(ENCRYPTED_DATA),
    tagged(
      0,
      sequence(integer(0), sequence(oid(DATA), certificates.algorithm, taggedBytes(0, certificates.bytes))),
    ),
  )

  const key = encrypt(request.privateKey)
  const keyBag = sequence(
    sequence(
      oid(SHROUDED_KEY_BAG),
      tagged(0, sequence(key.algorithm, octets(key.bytes))),
      attributesOf(request),
    ),
  )
  const shroudedKey = sequence(oid(DATA), tagged(0, octets(encode(keyBag))))

  const content = encode(sequence(encryptedCertificates, shroudedKey))
  return encode(
    sequence(
      integer(3),
      sequence(oid(DATA), tagged(0, octets(content))),
      macData(content, password, compatibility),
    ),
  )
}
