-- CreateEnum
CREATE TYPE "code_channel" AS ENUM ('mail', 'sms');

-- AlterEnum
-- This migration adds more than one value to an enum.
-- With PostgreSQL versions 11 and earlier, this is not possible
-- in a single migration. This can be worked around by creating
-- multiple migrations, each migration adding only one value to
-- the enum.


ALTER TYPE "session_stage" ADD VALUE 'second_factor';
ALTER TYPE "session_stage" ADD VALUE 'registration';
ALTER TYPE "session_stage" ADD VALUE 'terms';

-- AlterTable
ALTER TABLE "credential" ADD COLUMN     "temporary_until" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "outbox_mail" ADD COLUMN     "sealed" BYTEA;

-- AlterTable
ALTER TABLE "session" ADD COLUMN     "return_to" TEXT,
ADD COLUMN     "step_up_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "user" ADD COLUMN     "registration_due" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "authentication_code" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "channel" "code_channel" NOT NULL,
    "recipient" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "used_at" TIMESTAMPTZ(3),
    "voided_at" TIMESTAMPTZ(3),

    CONSTRAINT "authentication_code_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "password_reset" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "used_at" TIMESTAMPTZ(3),
    "voided_at" TIMESTAMPTZ(3),

    CONSTRAINT "password_reset_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rate_window" (
    "key" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "rate_window_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "terms" (
    "id" UUID NOT NULL,
    "entrance_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "text_ja" TEXT NOT NULL,
    "text_en" TEXT NOT NULL,
    "must_accept" BOOLEAN NOT NULL,
    "effective_at" TIMESTAMPTZ(3) NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL,
    "published_by_id" UUID,

    CONSTRAINT "terms_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "terms_acceptance" (
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "terms_id" UUID NOT NULL,
    "accepted_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "terms_acceptance_pkey" PRIMARY KEY ("company_id","user_id","terms_id")
);

-- CreateIndex
CREATE INDEX "authentication_code_user_id_purpose_issued_at_idx" ON "authentication_code"("user_id", "purpose", "issued_at");

-- CreateIndex
CREATE UNIQUE INDEX "password_reset_token_hash_key" ON "password_reset"("token_hash");

-- CreateIndex
CREATE INDEX "password_reset_user_id_issued_at_idx" ON "password_reset"("user_id", "issued_at");

-- CreateIndex
CREATE INDEX "rate_window_started_at_idx" ON "rate_window"("started_at");

-- CreateIndex
CREATE UNIQUE INDEX "terms_entrance_id_version_key" ON "terms"("entrance_id", "version");

-- AddForeignKey
ALTER TABLE "authentication_code" ADD CONSTRAINT "authentication_code_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "authentication_code" ADD CONSTRAINT "authentication_code_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "password_reset" ADD CONSTRAINT "password_reset_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "password_reset" ADD CONSTRAINT "password_reset_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "terms" ADD CONSTRAINT "terms_entrance_id_fkey" FOREIGN KEY ("entrance_id") REFERENCES "entrance"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "terms" ADD CONSTRAINT "terms_published_by_id_fkey" FOREIGN KEY ("published_by_id") REFERENCES "staff"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "terms_acceptance" ADD CONSTRAINT "terms_acceptance_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "terms_acceptance" ADD CONSTRAINT "terms_acceptance_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "terms_acceptance" ADD CONSTRAINT "terms_acceptance_terms_id_fkey" FOREIGN KEY ("terms_id") REFERENCES "terms"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- A user has one usable code a purpose, and one usable link: two requests at once take turns.
CREATE UNIQUE INDEX authentication_code_one_usable ON authentication_code (user_id, purpose)
  WHERE used_at IS NULL AND voided_at IS NULL;
CREATE UNIQUE INDEX password_reset_one_usable ON password_reset (user_id)
  WHERE used_at IS NULL AND voided_at IS NULL;
ALTER TABLE authentication_code
  ADD CONSTRAINT authentication_code_tries CHECK (tries >= 0),
  ADD CONSTRAINT authentication_code_hash_length CHECK (octet_length(hash) = 32);
ALTER TABLE password_reset ADD CONSTRAINT password_reset_tries CHECK (tries >= 0);
ALTER TABLE rate_window ADD CONSTRAINT rate_window_count CHECK (count >= 0);
ALTER TABLE terms ADD CONSTRAINT terms_version CHECK (version >= 1);
-- A session's way back is a path of this portal, whatever wrote it (B-12).
ALTER TABLE session ADD CONSTRAINT session_return_to_path CHECK (return_to ~ '^/([^/\\].*)?$');
