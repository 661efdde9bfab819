-- CreateEnum
CREATE TYPE "issuer_kind" AS ENUM ('users', 'staff');

-- CreateEnum
CREATE TYPE "certificate_state" AS ENUM ('requested', 'prepared', 'signed', 'delivered', 'active', 'void', 'revoked', 'superseded', 'expired');

-- CreateEnum
CREATE TYPE "certificate_purpose" AS ENUM ('enrolment', 'renewal', 'reissue');

-- CreateEnum
CREATE TYPE "approval_choice" AS ENUM ('optional', 'required');

-- CreateEnum
CREATE TYPE "approval_mode" AS ENUM ('none', 'single', 'double_unordered', 'double_ordered');

-- CreateEnum
CREATE TYPE "account_kind" AS ENUM ('ordinary', 'checking', 'savings');

-- CreateEnum
CREATE TYPE "credential_kind" AS ENUM ('login_password', 'confirmation_password');

-- CreateEnum
CREATE TYPE "history_outcome" AS ENUM ('done', 'refused');

-- CreateEnum
CREATE TYPE "actor_kind" AS ENUM ('user', 'staff', 'system', 'stranger');

-- CreateEnum
CREATE TYPE "session_kind" AS ENUM ('user', 'staff', 'enrolment');

-- CreateEnum
CREATE TYPE "session_stage" AS ENUM ('takeover', 'password_change', 'confirmation_password', 'open');

-- CreateEnum
CREATE TYPE "draft_state" AS ENUM ('open', 'committed');

-- CreateEnum
CREATE TYPE "staff_role" AS ENUM ('operator', 'approver', 'editor', 'auditor');

-- CreateEnum
CREATE TYPE "staff_state" AS ENUM ('active', 'suspended');

-- CreateEnum
CREATE TYPE "case_kind" AS ENUM ('lock_release', 'acquisition_password');

-- CreateEnum
CREATE TYPE "case_state" AS ENUM ('prepared', 'done', 'rejected');

-- CreateEnum
CREATE TYPE "service_state" AS ENUM ('available', 'suspended', 'blocked', 'deleted');

-- CreateEnum
CREATE TYPE "email_state" AS ENUM ('unverified', 'valid', 'undeliverable');

-- CreateEnum
CREATE TYPE "user_role" AS ENUM ('user', 'administrator', 'contractor');

-- CreateTable
CREATE TABLE "issuer" (
    "id" UUID NOT NULL,
    "kind" "issuer_kind" NOT NULL,
    "name" TEXT NOT NULL,
    "certificate_der" BYTEA NOT NULL,
    "sealed_key" BYTEA NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "issuer_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "certificate" (
    "id" UUID NOT NULL,
    "company_id" UUID,
    "user_id" UUID,
    "staff_id" UUID,
    "purpose" "certificate_purpose" NOT NULL,
    "state" "certificate_state" NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "issuer_id" UUID,
    "serial" TEXT,
    "tbs" BYTEA,
    "der" BYTEA,
    "fingerprint" TEXT,
    "not_before" TIMESTAMPTZ(3),
    "not_after" TIMESTAMPTZ(3),
    "signed_at" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "first_used_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,
    "replaces_id" UUID,

    CONSTRAINT "certificate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "certificate_delivery" (
    "certificate_id" UUID NOT NULL,
    "compatibility" TEXT NOT NULL,
    "sealed_password" BYTEA,
    "sealed_key" BYTEA,
    "pkcs12" BYTEA,
    "ready_at" TIMESTAMPTZ(3),
    "erased_at" TIMESTAMPTZ(3),

    CONSTRAINT "certificate_delivery_pkey" PRIMARY KEY ("certificate_id")
);

-- CreateTable
CREATE TABLE "entrance" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "preset" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "entrance_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "company" (
    "id" UUID NOT NULL,
    "entrance_id" UUID NOT NULL,
    "contract_number" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "name_kana" TEXT NOT NULL,
    "policy_version" INTEGER NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "company_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "company_policy" (
    "company_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "preset" TEXT NOT NULL,
    "overrides" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "created_by" UUID,

    CONSTRAINT "company_policy_pkey" PRIMARY KEY ("company_id","version")
);

-- CreateTable
CREATE TABLE "service" (
    "code" TEXT NOT NULL,
    "sort" INTEGER NOT NULL,
    "approval" "approval_choice",
    "user_limit" BOOLEAN NOT NULL,

    CONSTRAINT "service_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "permission" (
    "service_code" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "sort" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "administrators_only" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "permission_pkey" PRIMARY KEY ("service_code","code")
);

-- CreateTable
CREATE TABLE "company_service" (
    "company_id" UUID NOT NULL,
    "service_code" TEXT NOT NULL,
    "approval" "approval_mode",

    CONSTRAINT "company_service_pkey" PRIMARY KEY ("company_id","service_code")
);

-- CreateTable
CREATE TABLE "account" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "branch_code" TEXT NOT NULL,
    "branch_name" TEXT NOT NULL,
    "kind" "account_kind" NOT NULL,
    "number" TEXT NOT NULL,
    "memo" TEXT NOT NULL DEFAULT '',
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "account_limit" (
    "company_id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "ceiling" BIGINT,

    CONSTRAINT "account_limit_pkey" PRIMARY KEY ("company_id","account_id","kind")
);

-- CreateTable
CREATE TABLE "company_limit" (
    "company_id" UUID NOT NULL,
    "service_code" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "ceiling" BIGINT,

    CONSTRAINT "company_limit_pkey" PRIMARY KEY ("company_id","service_code","kind")
);

-- CreateTable
CREATE TABLE "credential" (
    "id" UUID NOT NULL,
    "company_id" UUID,
    "user_id" UUID,
    "staff_id" UUID,
    "kind" "credential_kind" NOT NULL,
    "hash" TEXT NOT NULL,
    "set_at" TIMESTAMPTZ(3) NOT NULL,
    "set_on" DATE NOT NULL,
    "force_change" BOOLEAN NOT NULL DEFAULT false,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "stranger_failures" INTEGER NOT NULL DEFAULT 0,
    "stranger_retry_after" TIMESTAMPTZ(3),
    "locked_at" TIMESTAMPTZ(3),
    "locked_until" TIMESTAMPTZ(3),
    "lock_count" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "credential_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "credential_history" (
    "id" UUID NOT NULL,
    "credential_id" UUID NOT NULL,
    "hash" TEXT NOT NULL,
    "set_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "credential_history_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "acquisition_password" (
    "id" UUID NOT NULL,
    "company_id" UUID,
    "user_id" UUID,
    "staff_id" UUID,
    "hash" TEXT NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "used_at" TIMESTAMPTZ(3),
    "voided_at" TIMESTAMPTZ(3),

    CONSTRAINT "acquisition_password_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "history_chain" (
    "id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "history_chain_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "history" (
    "id" UUID NOT NULL,
    "chain_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor_kind" "actor_kind" NOT NULL,
    "actor_id" UUID,
    "actor_login_id" TEXT,
    "actor_name" TEXT,
    "certificate_serial" TEXT,
    "ip" TEXT,
    "operation" TEXT NOT NULL,
    "outcome" "history_outcome" NOT NULL,
    "reason" TEXT,
    "subject_kind" TEXT,
    "subject_id" UUID,
    "subject_label" TEXT,
    "details" TEXT NOT NULL,
    "previous" BYTEA NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "history_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox_mail" (
    "id" UUID NOT NULL,
    "company_id" UUID,
    "user_id" UUID,
    "kind" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "locale" TEXT NOT NULL,
    "params" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "claimed_until" TIMESTAMPTZ(3),
    "sent_at" TIMESTAMPTZ(3),
    "failed_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,

    CONSTRAINT "outbox_mail_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "kind" "session_kind" NOT NULL,
    "stage" "session_stage" NOT NULL,
    "company_id" UUID,
    "user_id" UUID,
    "staff_id" UUID,
    "certificate_id" UUID,
    "fingerprint" TEXT,
    "host" TEXT NOT NULL,
    "ip" TEXT NOT NULL,
    "user_agent" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "idle_seconds" INTEGER NOT NULL,
    "previous_login_at" TIMESTAMPTZ(3),
    "previous_login_from" TEXT,
    "absolute_end" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "draft" (
    "id" UUID NOT NULL,
    "wizard" TEXT NOT NULL,
    "company_id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "target_id" UUID,
    "target_version" INTEGER,
    "answers" JSONB NOT NULL,
    "sealed_secrets" BYTEA,
    "version" INTEGER NOT NULL DEFAULT 0,
    "state" "draft_state" NOT NULL DEFAULT 'open',
    "result" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "committed_at" TIMESTAMPTZ(3),

    CONSTRAINT "draft_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "staff" (
    "id" UUID NOT NULL,
    "login_id" TEXT NOT NULL,
    "login_id_key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "role" "staff_role" NOT NULL,
    "state" "staff_state" NOT NULL DEFAULT 'active',
    "last_login_at" TIMESTAMPTZ(3),
    "last_login_from" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "staff_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "helpdesk_case" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "kind" "case_kind" NOT NULL,
    "state" "case_state" NOT NULL,
    "reason" TEXT NOT NULL,
    "form_received_on" DATE,
    "seal_checked" BOOLEAN NOT NULL DEFAULT false,
    "prepared_by_id" UUID NOT NULL,
    "prepared_at" TIMESTAMPTZ(3) NOT NULL,
    "approved_by_id" UUID,
    "decided_at" TIMESTAMPTZ(3),

    CONSTRAINT "helpdesk_case_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "login_id" TEXT NOT NULL,
    "login_id_key" TEXT NOT NULL,
    "login_id_scope" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "email_state" "email_state" NOT NULL DEFAULT 'unverified',
    "role" "user_role" NOT NULL,
    "service_state" "service_state" NOT NULL DEFAULT 'available',
    "locale" TEXT NOT NULL DEFAULT 'ja',
    "last_login_at" TIMESTAMPTZ(3),
    "last_login_from" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_permission" (
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "service_code" TEXT NOT NULL,
    "permission_code" TEXT NOT NULL,

    CONSTRAINT "user_permission_pkey" PRIMARY KEY ("company_id","user_id","service_code","permission_code")
);

-- CreateTable
CREATE TABLE "user_account" (
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "account_id" UUID NOT NULL,

    CONSTRAINT "user_account_pkey" PRIMARY KEY ("company_id","user_id","account_id")
);

-- CreateTable
CREATE TABLE "user_limit" (
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "service_code" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,

    CONSTRAINT "user_limit_pkey" PRIMARY KEY ("company_id","user_id","service_code")
);

-- CreateIndex
CREATE UNIQUE INDEX "certificate_fingerprint_key" ON "certificate"("fingerprint");

-- CreateIndex
CREATE INDEX "certificate_user_id_requested_at_idx" ON "certificate"("user_id", "requested_at");

-- CreateIndex
CREATE INDEX "certificate_staff_id_requested_at_idx" ON "certificate"("staff_id", "requested_at");

-- CreateIndex
CREATE INDEX "certificate_state_not_after_idx" ON "certificate"("state", "not_after");

-- CreateIndex
CREATE UNIQUE INDEX "certificate_issuer_id_serial_key" ON "certificate"("issuer_id", "serial");

-- CreateIndex
CREATE UNIQUE INDEX "entrance_slug_key" ON "entrance"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "company_contract_number_key" ON "company"("contract_number");

-- CreateIndex
CREATE UNIQUE INDEX "account_company_id_id_key" ON "account"("company_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "account_company_id_branch_code_kind_number_key" ON "account"("company_id", "branch_code", "kind", "number");

-- CreateIndex
CREATE UNIQUE INDEX "credential_user_id_kind_key" ON "credential"("user_id", "kind");

-- CreateIndex
CREATE UNIQUE INDEX "credential_staff_id_kind_key" ON "credential"("staff_id", "kind");

-- CreateIndex
CREATE INDEX "credential_history_credential_id_set_at_idx" ON "credential_history"("credential_id", "set_at");

-- CreateIndex
CREATE INDEX "acquisition_password_user_id_issued_at_idx" ON "acquisition_password"("user_id", "issued_at");

-- CreateIndex
CREATE INDEX "history_chain_id_at_id_idx" ON "history"("chain_id", "at", "id");

-- CreateIndex
CREATE INDEX "history_chain_id_actor_id_at_id_idx" ON "history"("chain_id", "actor_id", "at", "id");

-- CreateIndex
CREATE INDEX "history_chain_id_operation_at_id_idx" ON "history"("chain_id", "operation", "at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "history_chain_id_seq_key" ON "history"("chain_id", "seq");

-- CreateIndex
CREATE INDEX "outbox_mail_sent_at_created_at_idx" ON "outbox_mail"("sent_at", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "session_token_hash_key" ON "session"("token_hash");

-- CreateIndex
CREATE INDEX "session_user_id_started_at_idx" ON "session"("user_id", "started_at");

-- CreateIndex
CREATE INDEX "session_certificate_id_idx" ON "session"("certificate_id");

-- CreateIndex
CREATE INDEX "draft_owner_id_wizard_idx" ON "draft"("owner_id", "wizard");

-- CreateIndex
CREATE INDEX "draft_expires_at_idx" ON "draft"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "staff_login_id_key_key" ON "staff"("login_id_key");

-- CreateIndex
CREATE INDEX "helpdesk_case_company_id_user_id_prepared_at_idx" ON "helpdesk_case"("company_id", "user_id", "prepared_at");

-- CreateIndex
CREATE INDEX "user_company_id_login_id_key_idx" ON "user"("company_id", "login_id_key");

-- CreateIndex
CREATE INDEX "user_company_id_name_idx" ON "user"("company_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "user_company_id_id_key" ON "user"("company_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "user_login_id_scope_login_id_key_key" ON "user"("login_id_scope", "login_id_key");

-- AddForeignKey
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_staff_id_fkey" FOREIGN KEY ("staff_id") REFERENCES "staff"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_issuer_id_fkey" FOREIGN KEY ("issuer_id") REFERENCES "issuer"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_replaces_id_fkey" FOREIGN KEY ("replaces_id") REFERENCES "certificate"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "certificate_delivery" ADD CONSTRAINT "certificate_delivery_certificate_id_fkey" FOREIGN KEY ("certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "company" ADD CONSTRAINT "company_entrance_id_fkey" FOREIGN KEY ("entrance_id") REFERENCES "entrance"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "company_policy" ADD CONSTRAINT "company_policy_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "permission" ADD CONSTRAINT "permission_service_code_fkey" FOREIGN KEY ("service_code") REFERENCES "service"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "company_service" ADD CONSTRAINT "company_service_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "company_service" ADD CONSTRAINT "company_service_service_code_fkey" FOREIGN KEY ("service_code") REFERENCES "service"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "account" ADD CONSTRAINT "account_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "account_limit" ADD CONSTRAINT "account_limit_company_id_account_id_fkey" FOREIGN KEY ("company_id", "account_id") REFERENCES "account"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "company_limit" ADD CONSTRAINT "company_limit_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "company_limit" ADD CONSTRAINT "company_limit_company_id_service_code_fkey" FOREIGN KEY ("company_id", "service_code") REFERENCES "company_service"("company_id", "service_code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credential" ADD CONSTRAINT "credential_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credential" ADD CONSTRAINT "credential_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credential" ADD CONSTRAINT "credential_staff_id_fkey" FOREIGN KEY ("staff_id") REFERENCES "staff"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "credential_history" ADD CONSTRAINT "credential_history_credential_id_fkey" FOREIGN KEY ("credential_id") REFERENCES "credential"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "acquisition_password" ADD CONSTRAINT "acquisition_password_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "acquisition_password" ADD CONSTRAINT "acquisition_password_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "acquisition_password" ADD CONSTRAINT "acquisition_password_staff_id_fkey" FOREIGN KEY ("staff_id") REFERENCES "staff"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "history" ADD CONSTRAINT "history_chain_id_fkey" FOREIGN KEY ("chain_id") REFERENCES "history_chain"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_staff_id_fkey" FOREIGN KEY ("staff_id") REFERENCES "staff"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_certificate_id_fkey" FOREIGN KEY ("certificate_id") REFERENCES "certificate"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "draft" ADD CONSTRAINT "draft_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "draft" ADD CONSTRAINT "draft_company_id_owner_id_fkey" FOREIGN KEY ("company_id", "owner_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "helpdesk_case" ADD CONSTRAINT "helpdesk_case_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "helpdesk_case" ADD CONSTRAINT "helpdesk_case_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "helpdesk_case" ADD CONSTRAINT "helpdesk_case_prepared_by_id_fkey" FOREIGN KEY ("prepared_by_id") REFERENCES "staff"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "helpdesk_case" ADD CONSTRAINT "helpdesk_case_approved_by_id_fkey" FOREIGN KEY ("approved_by_id") REFERENCES "staff"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user" ADD CONSTRAINT "user_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_permission" ADD CONSTRAINT "user_permission_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_permission" ADD CONSTRAINT "user_permission_service_code_permission_code_fkey" FOREIGN KEY ("service_code", "permission_code") REFERENCES "permission"("service_code", "code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_permission" ADD CONSTRAINT "user_permission_company_id_service_code_fkey" FOREIGN KEY ("company_id", "service_code") REFERENCES "company_service"("company_id", "service_code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_account" ADD CONSTRAINT "user_account_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_account" ADD CONSTRAINT "user_account_company_id_account_id_fkey" FOREIGN KEY ("company_id", "account_id") REFERENCES "account"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_limit" ADD CONSTRAINT "user_limit_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_limit" ADD CONSTRAINT "user_limit_company_id_service_code_fkey" FOREIGN KEY ("company_id", "service_code") REFERENCES "company_service"("company_id", "service_code") ON DELETE RESTRICT ON UPDATE CASCADE;
