import forge from 'node-forge'

const { asn1 } = forge
const { Class, Type } = asn1

/** A node of ASN.1, from which node-forge writes DER (X.690). */
export type Der = forge.asn1.Asn1

const binary = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

const primitive = (type: forge.asn1.Type, bytes: string): Der =>
  asn1.create(Class.UNIVERSAL, type, false, bytes)

export const encode = (node: Der): Buffer => Buffer.from(asn1.toDer(node).getBytes(), 'latin1')

export const decode = (bytes: Uint8Array): Der => asn1.fromDer(binary(bytes))

/** The nodes inside a constructed node; throws where the node is a plain value. */
export const childrenOf = (node: Der): Der[] => {
  if (!Array.isArray(node.value)) throw new Error('A structure was expected where ASN.1 has a plain value.')
  return node.value
}

/** The bytes of a plain value; throws where the node is constructed. */
export const bytesOf = (node: Der): Buffer => {
  if (typeof node.value !== 'string')
    throw new Error('A plain value was expected where ASN.1 has a structure.')
  return Buffer.from(node.value, 'latin1')
}

export const sequence = (...children: Der[]): Der =>
  asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, children)

/** DER sorts the members of a SET OF by their encoding (X.690, 11.6). */
export const setOf = (...children: Der[]): Der => {
  const sorted = children.toSorted((a, b) => Buffer.compare(encode(a), encode(b)))
  return asn1.create(Class.UNIVERSAL, Type.SET, true, sorted)
}

/** `[number]` around other nodes. */
export const tagged = (number: number, ...children: Der[]): Der =>
  asn1.create(Class.CONTEXT_SPECIFIC, number, true, children)

/** `[number]` in place of a plain value's own tag. */
export const taggedBytes = (number: number, bytes: Uint8Array): Der =>
  asn1.create(Class.CONTEXT_SPECIFIC, number, false, binary(bytes))

export const oid = (dotted: string): Der => primitive(Type.OID, asn1.oidToDer(dotted).getBytes())

/** The dotted form of an object identifier's node. */
export const oidText = (node: Der): string => asn1.derToOid(binary(bytesOf(node)))

export const nothing = (): Der => primitive(Type.NULL, '')

export const truth = (): Der => primitive(Type.BOOLEAN, '\xff')

/** A whole number of up to 32 bits. */
export const integer = (value: number): Der => primitive(Type.INTEGER, asn1.integerToDer(value).getBytes())

const bigEndian = (value: bigint | number): Buffer => {
  const digits = value.toString(16)
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
}

/** A positive number of any size from its hexadecimal digits. */
export const positiveInteger = (hex: string): Der => {
  const bytes = bigEndian(BigInt(`0x${hex}`))
  return primitive(
    Type.INTEGER,
    binary((bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes),
  )
}

export const octets = (bytes: Uint8Array): Der => primitive(Type.OCTETSTRING, binary(bytes))

/** `unusedBits` of the last byte don't count. */
export const bits = (bytes: Uint8Array, unusedBits = 0): Der =>
  primitive(Type.BITSTRING, binary(Buffer.concat([Buffer.of(unusedBits), bytes])))

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/

/** A DirectoryString: PrintableString where its few characters suffice, else UTF8String (RFC 5280, 4.1.2.4). */
export const directoryString = (text: string): Der =>
  PRINTABLE.test(text)
    ? primitive(Type.PRINTABLESTRING, text)
    : primitive(Type.UTF8, binary(Buffer.from(text, 'utf8')))

/** UTF-16 text, as PKCS#12 names its entries. */
export const bmpString = (text: string): Der => primitive(Type.BMPSTRING, text)

/** UTCTime through 2049, GeneralizedTime from 2050 on, whole seconds in both (RFC 5280, 4.1.2.5). */
export const time = (date: Date): Der =>
  date.getUTCFullYear() < 2050
    ? primitive(Type.UTCTIME, asn1.dateToUtcTime(date))
    : primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date))

/** GeneralizedTime in whole seconds, as OCSP writes every time (RFC 6960, 4.2.2.2). */
export const generalizedTime = (date: Date): Der =>
  primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date))

/** One of up to 128 fixed values. */
export const enumerated = (value: number): Der => primitive(Type.ENUMERATED, String.fromCharCode(value))

const encodedLength = (length: number): Buffer => {
  if (length < 0x80) return Buffer.of(length)
  const bytes = bigEndian(length)
  return Buffer.concat([Buffer.of(0x80 | bytes.length), bytes])
}

const around = (tag: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.of(tag), encodedLength(body.length), body])

/** A SEQUENCE around parts that are already encoded and must stay as they are, byte for byte. */
export const sequenceOfEncoded = (...parts: Uint8Array[]): Buffer => around(0x30, Buffer.concat(parts))

/** `[number]` around what is already encoded. */
export const taggedEncoded = (number: number, body: Buffer): Buffer => around(0xa0 | number, body)
