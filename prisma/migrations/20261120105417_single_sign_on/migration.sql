-- AlterTable
ALTER TABLE "portal_service" ADD COLUMN     "permission_code" TEXT,
ADD COLUMN     "permission_service" TEXT,
ADD COLUMN     "single_sign_on" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "service_client" (
    "company_id" UUID NOT NULL,
    "service_code" TEXT NOT NULL,
    "client_id" UUID NOT NULL,
    "sealed_secret" BYTEA NOT NULL,
    "login_uri" TEXT NOT NULL,
    "redirect_uris" TEXT[],
    "post_logout_redirect_uris" TEXT[],
    "backchannel_logout_uri" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "service_client_pkey" PRIMARY KEY ("company_id","service_code")
);

-- CreateTable
CREATE TABLE "service_entry" (
    "id" UUID NOT NULL,
    "company_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "client_id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "interaction" TEXT NOT NULL,
    "ticket_hash" BYTEA,
    "ticket_until" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "entered_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "next_try_at" TIMESTAMPTZ(3),
    "tries" INTEGER NOT NULL DEFAULT 0,
    "told_at" TIMESTAMPTZ(3),

    CONSTRAINT "service_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "oidc_artifact" (
    "model" TEXT NOT NULL,
    "key_hash" BYTEA NOT NULL,
    "payload" JSONB NOT NULL,
    "uid" TEXT,
    "grant_id" TEXT,
    "consumed_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oidc_artifact_pkey" PRIMARY KEY ("model","key_hash")
);

-- CreateTable
CREATE TABLE "oidc_key" (
    "kid" TEXT NOT NULL,
    "sealed_jwk" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "signs_from" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oidc_key_pkey" PRIMARY KEY ("kid")
);

-- CreateIndex
CREATE UNIQUE INDEX "service_client_client_id_key" ON "service_client"("client_id");

-- CreateIndex
CREATE UNIQUE INDEX "service_client_company_id_client_id_key" ON "service_client"("company_id", "client_id");

-- CreateIndex
CREATE UNIQUE INDEX "service_entry_ticket_hash_key" ON "service_entry"("ticket_hash");

-- CreateIndex
CREATE INDEX "service_entry_session_id_idx" ON "service_entry"("session_id");

-- CreateIndex
CREATE INDEX "oidc_artifact_grant_id_idx" ON "oidc_artifact"("grant_id");

-- CreateIndex
CREATE INDEX "oidc_artifact_uid_idx" ON "oidc_artifact"("uid");

-- CreateIndex
CREATE INDEX "oidc_artifact_expires_at_idx" ON "oidc_artifact"("expires_at");

-- AddForeignKey
ALTER TABLE "portal_service" ADD CONSTRAINT "portal_service_permission_service_permission_code_fkey" FOREIGN KEY ("permission_service", "permission_code") REFERENCES "permission"("service_code", "code") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_client" ADD CONSTRAINT "service_client_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_client" ADD CONSTRAINT "service_client_service_code_fkey" FOREIGN KEY ("service_code") REFERENCES "portal_service"("code") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_entry" ADD CONSTRAINT "service_entry_company_id_user_id_fkey" FOREIGN KEY ("company_id", "user_id") REFERENCES "user"("company_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_entry" ADD CONSTRAINT "service_entry_company_id_client_id_fkey" FOREIGN KEY ("company_id", "client_id") REFERENCES "service_client"("company_id", "client_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_entry" ADD CONSTRAINT "service_entry_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A permission is named whole or not at all.
ALTER TABLE portal_service
  ADD CONSTRAINT portal_service_permission_whole CHECK ((permission_service IS NULL) = (permission_code IS NULL));

-- What is still to be told, and it is few rows.
CREATE INDEX service_entry_next_try ON service_entry (next_try_at) WHERE next_try_at IS NOT NULL;

-- Sessions end in many ways (logout, takeover, lock, suspension, a certificate, a policy): whichever it is, the services that
-- were entered from them are told (G-05). The commit gives word to whoever works.
CREATE FUNCTION service_entry_end() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
  UPDATE service_entry
     SET ended_at = NEW.ended_at, next_try_at = NEW.ended_at, ticket_hash = NULL
   WHERE session_id = NEW.id AND ended_at IS NULL;
  IF FOUND THEN
    PERFORM pg_notify('service_logout', '');
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER service_entry_end AFTER UPDATE OF ended_at ON session
  FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)
  EXECUTE FUNCTION service_entry_end();
