/**
 * Whether a text can stand as one recipient: one address of at most 254 printable ASCII characters (RFC 5321, 4.5.3),
 * without spaces, line breaks, quotes, brackets, commas or semicolons, so that it can add neither a header nor a second
 * recipient. Whether the address exists only its mail server tells.
 */
export const isMailAddress = (text: string): boolean =>
  text.length <= 254 && /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(text)
