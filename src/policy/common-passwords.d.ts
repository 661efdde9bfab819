/** Mozilla's list of the passwords that people use most, of eight characters and more. */
declare module 'fxa-common-password-list' {
  const list: { test(password: string): boolean }
  export default list
}
