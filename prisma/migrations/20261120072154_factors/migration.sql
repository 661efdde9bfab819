-- CreateEnum
CREATE TYPE "otp_token_state" AS ENUM ('pending', 'active', 'revoked');

-- CreateEnum
CREATE TYPE "passkey_purpose" AS ENUM ('registration', 'login', 'second_factor');

-- AlterTable
ALTER TABLE "user" ADD COLUMN     "mobile" TEXT;

-- CreateTable
CREATE TABLE "otp_token" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "state" "otp_token_state" NOT NULL,
    "sealed_seed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "registered_at" TIMESTAMPTZ(3),
    "last_step" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "suspended_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "otp_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "passkey" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "credential_id" TEXT NOT NULL,
    "public_key" BYTEA NOT NULL,
    "counter" BIGINT NOT NULL DEFAULT 0,
    "transports" TEXT[],
    "name" TEXT NOT NULL,
    "backed_up" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "passkey_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "passkey_challenge" (
    "challenge_hash" BYTEA NOT NULL,
    "purpose" "passkey_purpose" NOT NULL,
    "company_id" UUID,
    "user_id" UUID,
    "session_id" UUID,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "passkey_challenge_pkey" PRIMARY KEY ("challenge_hash")
);

-- CreateTable
CREATE TABLE "passkey_ticket" (
    "token_hash" BYTEA NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "passkey_ticket_pkey" PRIMARY KEY ("token_hash")
);

-- CreateTable
CREATE TABLE "recovery_code" (
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "recovery_code_pkey" PRIMARY KEY ("company_id","user_id","number")
);

-- CreateTable
CREATE TABLE "outbox_sms" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "locale" TEXT NOT NULL,
    "sealed_params" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "stale_at" TIMESTAMPTZ(3) NOT NULL,
    "claimed_until" TIMESTAMPTZ(3),
    "sent_at" TIMESTAMPTZ(3),
    "failed_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,

    CONSTRAINT "outbox_sms_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "otp_token_company_id_user_id_idx" ON "otp_token"("company_id", "user_id");

-- CreateIndex
CREATE UNIQUE INDEX "passkey_credential_id_key" ON "passkey"("credential_id");

-- CreateIndex
CREATE INDEX "passkey_company_id_user_id_idx" ON "passkey"("company_id", "user_id");

-- CreateIndex
CREATE INDEX "passkey_challenge_expires_at_idx" ON "passkey_challenge"("expires_at");

-- CreateIndex
CREATE INDEX "passkey_ticket_expires_at_idx" ON "passkey_ticket"("expires_at");

-- CreateIndex
CREATE INDEX "outbox_sms_sent_at_created_at_idx" ON "outbox_sms"("sent_at", "created_at");

-- AddForeignKey
ALTER TABLE "otp_token" ADD CONSTRAINT "otp_token_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "passkey" ADD CONSTRAINT "passkey_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "passkey_challenge" ADD CONSTRAINT "passkey_challenge_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "passkey_ticket" ADD CONSTRAINT "passkey_ticket_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recovery_code" ADD CONSTRAINT "recovery_code_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "outbox_sms" ADD CONSTRAINT "outbox_sms_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- One token is being registered and one is in use; a lost one is revoked before the next (B-17).
CREATE UNIQUE INDEX otp_token_one_pending ON otp_token (user_id) WHERE state = 'pending';
CREATE UNIQUE INDEX otp_token_one_active ON otp_token (user_id) WHERE state = 'active';
ALTER TABLE otp_token
  ADD CONSTRAINT otp_token_failures CHECK (failures >= 0),
  ADD CONSTRAINT otp_token_registered CHECK (state <> 'active' OR registered_at IS NOT NULL),
  ADD CONSTRAINT otp_token_revoked CHECK ((state = 'revoked') = (revoked_at IS NOT NULL));
ALTER TABLE passkey ADD CONSTRAINT passkey_counter CHECK (counter >= 0);
ALTER TABLE passkey_challenge ADD CONSTRAINT passkey_challenge_hash_length CHECK (octet_length(challenge_hash) = 32);
ALTER TABLE passkey_ticket ADD CONSTRAINT passkey_ticket_hash_length CHECK (octet_length(token_hash) = 32);
ALTER TABLE recovery_code
  ADD CONSTRAINT recovery_code_number CHECK (number BETWEEN 0 AND 9),
  ADD CONSTRAINT recovery_code_failures CHECK (failures >= 0);
-- Only what can be dialled (ITU-T E.164); the code in a message is gone once nobody waits for it.
ALTER TABLE "user" ADD CONSTRAINT user_mobile_e164 CHECK (mobile ~ '^\+[1-9][0-9]{6,14}$');
ALTER TABLE outbox_sms
  ADD CONSTRAINT outbox_sms_recipient CHECK (recipient ~ '^\+[1-9][0-9]{6,14}$'),
  ADD CONSTRAINT outbox_sms_erased CHECK (sealed_params IS NULL OR (sent_at IS NULL AND failed_at IS NULL));
