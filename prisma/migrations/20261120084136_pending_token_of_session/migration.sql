-- AlterTable
ALTER TABLE "otp_token" ADD COLUMN     "session_id" UUID;

-- A registration belongs to the session that began it: two half logins of one user have one each.
DROP INDEX otp_token_one_pending;
CREATE UNIQUE INDEX otp_token_one_pending ON otp_token (user_id, session_id) WHERE state = 'pending';
ALTER TABLE otp_token ADD CONSTRAINT otp_token_session CHECK (state = 'pending' OR session_id IS NULL);
