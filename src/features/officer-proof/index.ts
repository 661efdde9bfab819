/**
 * The proof that an officer gives anew before an approval or a secret (H-01): one place, so that whatever the bank asks
 * for is asked for wherever two officers decide and wherever a secret is shown.
 */
export { lockOutStaff } from './lock-out.ts'
export { type OfficerProof, type OfficerProofRefusal, officerProofField, proveOfficer } from './proof.ts'
