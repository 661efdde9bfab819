/**
 * The proof that an officer gives anew before an approval, a secret or another number to call (H-01): one place, so that whatever
 * the bank asks for is asked for wherever two officers decide and wherever a secret is shown.
 */
export { lockOutStaff } from './lock-out.ts'
export { type OfficerProof, type OfficerProofRefusal, officerProofField, proveOfficer } from './proof.ts'
